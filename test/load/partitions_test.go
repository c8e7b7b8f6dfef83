package load

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// TestPartitions opens all partitions of a hub that has as many as it can. Each needs a
// consumer, and the server allows 1,000 where the stream says nothing.
func TestPartitions(t *testing.T) {
	if !*full {
		t.Skip("takes half a minute: give -full")
	}
	nats := natstest.StartWith(t, &server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir()})
	h := natstest.OpenWith(t, natstest.Connect(t, nats), jetstream.Config{Partitions: jetstream.MaxPartitions})
	s := &fixture{T: t, ctx: t.Context()}
	sessions := make([]hub.Session, jetstream.MaxPartitions)
	s.each(len(sessions), func(i int) (err error) {
		sessions[i], err = h.Open(t.Context(), i, func(hub.Delivery) {})
		return err
	})
	s.each(len(sessions), func(i int) error {
		sessions[i].Stop()
		return nil
	})
	require.NotContains(t, sessions, nil)
}
