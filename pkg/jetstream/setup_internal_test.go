package jetstream

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// connectEmbedded connects to a server within the process; both end with the test.
func connectEmbedded(t *testing.T) *nats.Conn {
	t.Helper()
	server, err := StartEmbedded(EmbeddedConfig{DataDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(server.Shutdown)
	nc, err := server.Connect()
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// openEmbedded opens the hub "default" on such a server.
func openEmbedded(t *testing.T) *Hub {
	t.Helper()
	h, err := Open(t.Context(), connectEmbedded(t), Config{})
	require.NoError(t, err)
	return h
}
