package integration

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// home is a directory in which a user calls the programs by name, and gives them nothing.
type home struct {
	testing.TB
	dir string
}

// worker starts a worker there, and returns it with where its NATS server listens.
func (h home) worker(flags ...string) (w *process, url string) {
	h.Helper()
	line := append([]string{"cd", h.dir, "&& exec", program("worker"), "--http ''"}, flags...)
	w = launch(h, "/bin/sh", nil, "-c", strings.Join(line, " "))
	url, _ = said(w)
	w.says("Try, in a second terminal")
	return w, url
}

// runs calls a command there, which must exit with that code.
func (h home) runs(code int, name string, args ...string) string {
	h.Helper()
	command := exec.CommandContext(h.Context(), program(name), args...)
	command.Dir = h.dir
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	_ = command.Run() // its exit code says it
	require.Equal(h, code, command.ProcessState.ExitCode(), "%s %v: %s", name, args, &out)
	return out.String()
}

// With --nats-auth the commands of the same user need no flags, and a plain client is
// refused.
func TestCommandsFindTheLoginOfTheWorker(t *testing.T) {
	t.Parallel()
	h := home{t, t.TempDir()}
	w, url := h.worker("--nats-auth", "--nats-listen 127.0.0.1:0")
	w.says("It asks for a login. Those of each role are in dormouse-data/logins; the commands find them.")
	h.runs(0, "instances", "start", "BudgetApproval", "--id", "b1", "--input", `{"amount":100}`)
	require.Equal(t, "delivered\n", h.runs(0, "raise", "b1", "Approval", "true", "--wait"))
	require.Equal(t, "\"spent 100.00\"\n", h.runs(0, "instances", "wait", "b1"))
	require.Contains(t, h.runs(0, "instances", "list"), "Completed")

	_, err := nats.Connect(url)
	require.ErrorIs(t, err, nats.ErrAuthorization)
	require.Contains(t, h.runs(1, "instances", "list", "--nats-url", url), "the server refuses this login")
	elsewhere := home{t, t.TempDir()}
	require.NotContains(t, elsewhere.runs(0, "instances", "list", "--data-dir", filepath.Join(h.dir, "dormouse-data")), "refuses")
	w.terminate()

	// A server that has logins is not opened to everybody because somebody forgets the flag.
	require.Contains(t, h.runs(2, "worker", "--nats-listen", "127.0.0.1:0"), "the data directory has logins")
	w, _ = h.worker("--nats-auth", "--nats-listen 127.0.0.1:0")
	require.Contains(t, h.runs(0, "instances", "list"), "Completed")
	w.terminate()
}

// Without it everybody on this computer comes in, the worker says so, and nobody from
// elsewhere does.
func TestWithoutLoginsOnlyThisComputerComesIn(t *testing.T) {
	t.Parallel()
	h := home{t, t.TempDir()}
	refusal := h.runs(2, "worker", "--nats-listen", "0.0.0.0:0")
	require.Contains(t, refusal, "whoever reaches the server can do everything: give --nats-auth, or listen on 127.0.0.1")
	w, url := h.worker("--nats-listen 127.0.0.1:0")
	w.says("It asks for no login: every user of this computer can do everything")
	nc, err := nats.Connect(url)
	require.NoError(t, err)
	defer nc.Close()
	_, err = nc.Request("default.to.b1.start.BudgetApproval", []byte(`{"amount":1}`), patience)
	require.NoError(t, err)
	require.NotEmpty(t, h.runs(0, "instances", "list", "--nats-url", url))
	w.terminate()
}
