// Package natstest runs NATS servers for tests: one a test, within the process,
// with a store directory of its own.
package natstest

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// Start starts a server that only [Connect] can reach; it ends with the test.
func Start(t testing.TB) *server.Server {
	t.Helper()
	return StartWith(t, &server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir()})
}

// StartWith starts a server with options of the test's choice; it ends with the
// test, if not before.
func StartWith(t testing.TB, options *server.Options) *server.Server {
	t.Helper()
	s := start(t, options)
	require.True(t, s.ReadyForConnections(10*time.Second), "NATS server is not ready")
	return s
}

func start(t testing.TB, options *server.Options) *server.Server {
	t.Helper()
	options.NoLog, options.NoSigs = true, true
	s, err := server.NewServer(options)
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// Connect connects to the server within the process; the connection ends with the
// test.
func Connect(t testing.TB, s *server.Server) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// Open opens the hub "default" on the connection.
func Open(t testing.TB, nc *nats.Conn) *jetstream.Hub {
	t.Helper()
	return OpenWith(t, nc, jetstream.Config{})
}

// OpenWith opens a hub of the test's choice.
func OpenWith(t testing.TB, nc *nats.Conn, config jetstream.Config) *jetstream.Hub {
	t.Helper()
	h, err := jetstream.Open(t.Context(), nc, config)
	require.NoError(t, err)
	return h
}

// New starts a server, connects to it and opens the hub "default".
func New(t testing.TB) (*server.Server, *nats.Conn, *jetstream.Hub) {
	t.Helper()
	s := Start(t)
	nc := Connect(t, s)
	return s, nc, Open(t, nc)
}
