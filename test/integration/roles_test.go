package integration

import (
	"bytes"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// office is a server with the configuration that is for use, and a worker on it.
type office struct {
	testing.TB
	at *url.URL
}

func openOffice(t *testing.T) office {
	t.Helper()
	for _, user := range []string{"WORKER", "OPERATOR", "VIEWER", "PUBLISHER", "STARTER"} {
		t.Setenv("DORMOUSE_"+user+"_PASSWORD", "secret")
	}
	options, err := server.ProcessConfigFile(filepath.Join("..", "..", "deploy", "nats", "secure.conf"))
	require.NoError(t, err)
	options.StoreDir, options.Port, options.HTTPHost, options.HTTPPort = t.TempDir(), server.RANDOM_PORT, "", 0
	s := natstest.StartWith(t, options)
	at, err := url.Parse(s.ClientURL())
	require.NoError(t, err)
	return office{t, at}
}

// login returns the variable that a user of the commands sets.
func (o office) login(user string) string {
	at := *o.at
	at.User = url.UserPassword(user, "secret")
	return "NATS_URL=" + at.String()
}

// as runs a command as a user, and returns its exit code and what it says.
func (o office) as(user, name string, args ...string) (code int, stdout, stderr string) {
	o.Helper()
	command := exec.CommandContext(o.Context(), program(name), args...)
	command.Env = append(os.Environ(), o.login(user))
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(o, err, &exit)
	}
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	return code, out.String(), complaints.String()
}

// can runs a command that must succeed.
func (o office) can(user, name string, args ...string) string {
	o.Helper()
	code, stdout, stderr := o.as(user, name, args...)
	require.Zero(o, code, "%s %s %v: %s", user, name, args, stderr)
	return stdout
}

// cannot runs a command that must fail and say why.
func (o office) cannot(why, user, name string, args ...string) {
	o.Helper()
	code, _, stderr := o.as(user, name, args...)
	require.Equal(o, 1, code, "%s %s %v", user, name, args)
	require.Contains(o, stderr, why, "%s %s %v", user, name, args)
}

// With the configuration that is for use the commands can do what the role can.
func TestCommandsByRole(t *testing.T) {
	o := openOffice(t)
	w := launch(t, program("worker"), []string{o.login("worker")}, "--http", "")
	w.says("ready|serves|BudgetApproval")

	require.Equal(t, "b1\n", o.can("operator", "instances", "start", "BudgetApproval", "--id", "b1", "--input", `{"amount":100}`))
	require.Contains(t, o.can("viewer", "instances", "list"), "b1")
	const notAllowed = "this login may not say that"
	o.cannot(notAllowed, "viewer", "instances", "start", "BudgetApproval", "--id", "b2")
	o.cannot(notAllowed, "viewer", "raise", "b1", "Approval", "true")
	o.cannot(notAllowed, "viewer", "instances", "terminate", "b1")
	o.cannot("this login", "publisher", "instances", "list")
	o.cannot("this login", "publisher", "raise", "b1", "Approval", "true")

	require.Equal(t, "delivered\n", o.can("operator", "raise", "b1", "Approval", "true", "--wait"))
	o.can("operator", "instances", "wait", "b1")
	require.Contains(t, o.can("viewer", "instances", "get", "b1"), "Completed")
	o.can("operator", "instances", "start", "BudgetApproval", "--id", "b3", "--input", `{"amount":3}`)
	o.can("publisher", "raise", "b3", "Approval", "true", "--blind")
	require.Contains(t, o.can("operator", "instances", "wait", "b3"), "spent 3.00")
	o.cannot(notAllowed, "viewer", "raise", "b3", "Approval", "true", "--blind")
	require.Contains(t, o.can("viewer", "instances", "history", "b1"), "Approval")
	o.cannot(notAllowed, "viewer", "instances", "purge", "b1")
	o.can("operator", "instances", "purge", "b1")
	w.terminate()
}
