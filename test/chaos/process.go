package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/offspring"
)

// process is a program that the chaos has started. What it says goes to a log file.
type process struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{}
	// err is how it ended, once ended is closed.
	err error
}

// launch starts a program. Its log is appended to <dir>/<name>.log.
func launch(dir, name, path string, env []string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	p := &process{name: name, cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Env = append(environment(), env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	detach(p.cmd)
	if err := offspring.Start(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// memoryLimit is what the Go runtime of a process tries to stay below.
const memoryLimit = "GOMEMLIMIT=512MiB"

// environment returns this process's environment without what could lead the
// programs astray.
func environment() []string {
	kept := []string{memoryLimit}
	for _, variable := range os.Environ() {
		if !strayVariable.MatchString(variable) {
			kept = append(kept, variable)
		}
	}
	return kept
}

var strayVariable = regexp.MustCompile(`^(NATS|DORMOUSE)_|^GO(MEMLIMIT|DEBUG|GC|TRACEBACK|MAXPROCS)=`)

// running reports whether the process has not ended yet.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// kill ends the process by SIGKILL, also one that is stopped.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// quit asks the process to end, and kills it if it takes longer than that.
func (p *process) quit(patience time.Duration) {
	_ = p.cmd.Process.Signal(os.Interrupt)
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		p.kill()
	}
}

// quitAll ends processes side by side.
func quitAll(patience time.Duration, all ...*process) {
	var group sync.WaitGroup
	for _, p := range all {
		if p != nil {
			group.Go(func() { p.quit(patience) })
		}
	}
	group.Wait()
}
