package integration

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/offspring"
)

// site is a worker as the README shows it, with the NATS server that it embeds or
// one beside it, and the commands that are used on them.
type site struct {
	testing.TB
	// server is nil where the worker embeds one, which then stores in dir and
	// listens at the same place whenever it runs.
	server      *natsServer
	dir, listen string
	url         string
	worker      *process
}

// embedded is a worker that brings its own server.
func embedded(t testing.TB) *site {
	t.Helper()
	s := &site{TB: t, dir: t.TempDir(), listen: address(t)}
	s.startWorker()
	return s
}

// standalone is a server with no worker yet.
func standalone(t testing.TB) *site {
	t.Helper()
	s := &site{TB: t, server: launchServer(t)}
	s.url = s.server.url
	return s
}

// startWorker starts the worker and waits until it serves.
func (s *site) startWorker(flags ...string) {
	s.Helper()
	flags = append([]string{"--http", "127.0.0.1:0"}, flags...)
	if s.server != nil {
		flags = append(flags, "--nats-url", s.url)
	} else {
		flags = append(flags, "--data-dir", s.dir, "--nats-listen", s.listen)
	}
	s.worker = launch(s, program("worker"), nil, flags...)
	if s.server == nil {
		s.url, s.listen = said(s.worker)
	}
	s.worker.says(`Try, in a second terminal`)
}

func (s *site) killWorker() {
	s.Helper()
	s.worker.kill()
	s.startWorker()
}

// runs runs a command, which must exit 0, and returns what it printed.
func (s *site) runs(command string, args ...string) string {
	s.Helper()
	out, err := s.tries(command, args...)
	require.NoError(s, err, "%s %q: %s", command, args, out)
	return out
}

func (s *site) tries(command string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(s.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(command), args...)
	cmd.Env = append(os.Environ(), "NATS_URL="+s.url)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := offspring.Start(cmd); err != nil {
		return "", err
	}
	err := cmd.Wait()
	return out.String(), err
}

// comesToSay runs a command again and again until it prints what matches.
func (s *site) comesToSay(pattern, command string, args ...string) {
	s.Helper()
	var out string
	var err error
	said := regexp.MustCompile(pattern)
	require.Eventually(s, func() bool {
		out, err = s.tries(command, args...)
		return err == nil && said.MatchString(out)
	}, patience, 20*time.Millisecond, "%s %q must come to say %q", command, args, pattern)
}
