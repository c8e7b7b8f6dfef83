package offspring

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starts are the calls of the thread that starts processes: they are killed when
// that thread ends, so it must last as long as this process.
var starts = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

// Start starts the command as [exec.Cmd.Start] does.
func Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	err := make(chan error)
	starts() <- func() { err <- cmd.Start() }
	return <-err
}
