package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// A worker that is told to stop before it serves has stopped as it was told to.
func TestStoppedWhileStarting(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, stop func()) (flags []string){
		"before the embedded server runs": func(t *testing.T, stop func()) []string {
			stop()
			return []string{"--data-dir", t.TempDir(), "--nats-listen", "127.0.0.1:0"}
		},
		"while connecting": func(t *testing.T, stop func()) []string {
			return []string{"--nats-url", "nats://" + silentServer(t, stop)}
		},
		"while the hub is opened": func(t *testing.T, stop func()) []string {
			s := natstest.StartWith(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT})
			nc := natstest.Connect(t, s)
			_, err := nc.Subscribe("$JS.API.>", func(*nats.Msg) { stop() })
			require.NoError(t, err)
			require.NoError(t, nc.Flush(), "the server knows that somebody listens")
			return []string{"--nats-url", s.ClientURL()}
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var stdout, stderr bytes.Buffer
			code := run(ctx, prepare(t, stop), nil, &stdout, &stderr)
			require.Empty(t, stderr.String())
			require.Equal(t, cli.ExitOK, code)
			require.Empty(t, stdout.String(), "it does not say that it serves")
		})
	}
}

// silentServer is where connections are taken, and nothing is said. Each calls
// connected.
func silentServer(t *testing.T, connected func()) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			connected()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepting
	})
	return listener.Addr().String()
}

func TestProgram(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "raise"), nil, 0o700))
	require.Equal(t, "'"+dir+"/raise'", program(dir+"/worker", "raise"))
	require.Equal(t, "go run ./cmd/instances", program(dir+"/worker", "instances"))
}
