package jetstream_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A server that was killed may bring back leases that have ended long ago, and never ends
// those. Nobody is taken for alive because of them, what they were for can be taken, and
// they are removed.
func TestLeaseThatTheServerNeverEnds(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.Start(t))
	hub := natstest.OpenWith(t, nc, jetstream.Config{Partitions: 1, LeaseTTL: time.Second})
	ghost := func(token string) {
		m := nats.NewMsg("$KV.default-fleet." + token) // it has no time to live
		m.Data = []byte("ghost")
		_, err := nc.RequestMsg(m, maxWait)
		require.NoError(t, err)
	}
	ghost("worker=2Eghost")
	ghost("partition=2E0")
	states, err := hub.WatchLeases(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"worker.ghost": "ghost", "partition.0": "ghost"}, <-states, "for now they may be alive")
	awaitNobody := func() {
		timeout := time.After(maxWait)
		for {
			select {
			case state := <-states:
				if len(state) == 0 {
					return
				}
			case <-timeout:
				require.FailNow(t, "they are taken for alive")
			}
		}
	}
	awaitNobody()
	_, err = hub.Acquire(t.Context(), "partition.0", "me")
	require.NoError(t, err)

	ghost("partition=2E1")
	require.Eventually(t, func() bool {
		_, err := hub.Acquire(t.Context(), "partition.1", "me")
		return err == nil
	}, maxWait, soon, "where nobody watches it can be taken as well")
}
