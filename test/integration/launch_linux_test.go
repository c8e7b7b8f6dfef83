package integration

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starts are the calls of the thread that starts processes: they are killed when
// it ends, so it must last as long as this process.
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

// startBound starts a process that does not outlive this one, however this one
// ends.
func startBound(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := make(chan error)
	starts() <- func() { err <- cmd.Start() }
	return <-err
}
