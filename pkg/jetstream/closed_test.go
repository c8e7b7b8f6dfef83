package jetstream_test

import (
	"bytes"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// The server closes a connection for good, for instance since it takes smaller messages now
// than when the connection was made: who asks for the hub is told why.
func TestConnectionIsClosedByTheServer(t *testing.T) {
	t.Parallel()
	options := server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir()}
	s := natstest.StartWith(t, &options)
	nc := natstest.Connect(t, s)
	h := natstest.Open(t, nc)
	reloaded := options
	reloaded.MaxPayload = 64 << 10
	require.NoError(t, s.ReloadOptions(&reloaded))

	large := raise("i", "E")
	large.Data = bytes.Repeat([]byte("1"), 128<<10)
	_, err := h.Post(t.Context(), large)
	require.Error(t, err)
	require.Eventually(t, nc.IsClosed, maxWait, soon)
	err = h.Check(t.Context())
	require.ErrorIs(t, err, hub.ErrHubLost)
	require.ErrorContains(t, err, "Maximum Payload")
}
