package integration

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dormouse-dev/dormouse/internal/offspring"
)

// workerLog is where the workers of a script log to.
const workerLog = "worker.log"

// serve starts a worker and waits until it says where it serves.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	s := scriptOf(ts)
	if s.worker != nil {
		ts.Fatalf("a worker runs already")
	}
	flags := append([]string{"--output", "json", "--http", "127.0.0.1:0"}, args...)
	if s.server == nil {
		flags = append(flags, "--data-dir", ts.MkAbs("data"), "--nats-listen", "127.0.0.1:0")
	}
	cmd := exec.Command(programs+"/worker", flags...)
	cmd.Env = os.Environ()
	if s.server != nil {
		cmd.Env = append(cmd.Env, "NATS_URL="+ts.Getenv("NATS_URL"))
	}
	logFile, err := os.OpenFile(ts.MkAbs(workerLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer logFile.Close()
	cmd.Stderr = logFile
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(offspring.Start(cmd))
	s.worker = cmd
	ts.Setenv("NATS_URL", announced(ts, stdout))
}

// announced reads what the worker says first, and returns where its NATS is.
func announced(ts *testscript.TestScript, stdout io.Reader) string {
	var announcement struct {
		NATS string `json:"nats"`
	}
	said := make(chan error, 1)
	go func() { said <- json.NewDecoder(stdout).Decode(&announcement) }()
	select {
	case err := <-said:
		ts.Check(err)
	case <-time.After(patience):
		ts.Fatalf("the worker does not say that it serves")
	}
	return announcement.NATS
}

func stop(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(end(ts, syscall.SIGTERM))
}

func kill(ts *testscript.TestScript, _ bool, _ []string) {
	var killed *exec.ExitError
	if err := end(ts, syscall.SIGKILL); !errors.As(err, &killed) {
		ts.Fatalf("killed worker: %v", err)
	}
}

// end signals the worker and waits for its end.
func end(ts *testscript.TestScript, signal os.Signal) error {
	s := scriptOf(ts)
	if s.worker == nil {
		ts.Fatalf("no worker runs")
	}
	cmd := s.worker
	s.worker = nil
	ts.Check(cmd.Process.Signal(signal))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-ended
		ts.Fatalf("the worker did not end on %v", signal)
		return nil
	}
}
