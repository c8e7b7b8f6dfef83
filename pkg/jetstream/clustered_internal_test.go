package jetstream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A start needs no extra round trip where one server stores everything in the
// order it is sent in.
func TestOneServerIsNoCluster(t *testing.T) {
	t.Parallel()
	server, err := StartEmbedded(EmbeddedConfig{DataDir: t.TempDir()})
	require.NoError(t, err)
	defer server.Shutdown()
	connection, err := server.Connect()
	require.NoError(t, err)
	defer connection.Close()
	h, err := Open(t.Context(), connection, Config{})
	require.NoError(t, err)
	require.False(t, h.clustered)
}
