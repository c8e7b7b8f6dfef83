package integration

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/offspring"
)

// process is a program that runs beside a test. It ends with the test, if not
// before.
type process struct {
	testing.TB
	name   string
	cmd    *exec.Cmd
	output *output
	ended  chan struct{}
	err    error
}

// program returns the path of a program that TestMain has built.
func program(name string) string { return filepath.Join(programs, name) }

// launch starts a program with the variables added to its environment.
func launch(t testing.TB, path string, env []string, args ...string) *process {
	t.Helper()
	p := &process{
		TB: t, name: filepath.Base(path), cmd: exec.Command(path, args...),
		output: newOutput(), ended: make(chan struct{}),
	}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	require.NoError(t, offspring.Start(p.cmd))
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
		p.output.end()
	}()
	t.Cleanup(p.clear)
	return p
}

// clear ends the process, also one that is stopped.
func (p *process) clear() {
	_ = p.cmd.Process.Kill()
	<-p.ended
	if p.Failed() {
		p.Logf("%s said:\n%s", p.name, p.output)
	}
}

// kill ends the process by SIGKILL.
func (p *process) kill() {
	p.Helper()
	p.signal(syscall.SIGKILL)
	var killed *exec.ExitError
	require.ErrorAs(p, p.wait(), &killed)
}

// terminate ends the process by SIGTERM; it must exit 0.
func (p *process) terminate() {
	p.Helper()
	p.signal(syscall.SIGTERM)
	require.NoError(p, p.wait(), "%s must exit 0 on SIGTERM", p.name)
}

func (p *process) signal(s os.Signal) {
	p.Helper()
	require.NoError(p, p.cmd.Process.Signal(s), "signal %v", s)
}

// wait waits for the end of the process and returns how it ended.
func (p *process) wait() error {
	p.Helper()
	select {
	case <-p.ended:
		return p.err
	case <-time.After(2 * patience):
		p.Fatalf("%s does not end", p.name)
		return nil
	}
}

// says waits until the pattern is in what the process has written, and returns its
// groups.
func (p *process) says(pattern string) []string {
	p.Helper()
	found, err := p.output.await(regexp.MustCompile(pattern))
	require.NoError(p, err, "%s does not say %q", p.name, pattern)
	return found
}

// output is what a process has written so far.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	over    bool
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

// Write adds to the output.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell()
	return o.text.Write(p)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.tell()
}

// tell wakes those who wait for more.
func (o *output) tell() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// String returns all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var (
	errNotSaid = errors.New("it was not said in time")
	errEnded   = errors.New("the process has ended")
)

func (o *output) await(pattern *regexp.Regexp) ([]string, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		o.mu.Lock()
		found, over, changed := pattern.FindStringSubmatch(o.text.String()), o.over, o.changed
		o.mu.Unlock()
		switch {
		case found != nil:
			return found, nil
		case over:
			return nil, errEnded
		}
		select {
		case <-changed:
		case <-late.C:
			return nil, errNotSaid
		}
	}
}
