package jetstream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// A server that was killed with the owner of a partition may have forgotten what it had
// handed out. It is marked all the same, and what came later is not.
func TestWhatTheServerHasForgottenIsMarked(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	raise := func(n int) {
		_, err := h.Post(t.Context(), hub.Message{Instance: fmt.Sprint(n), Verb: hub.VerbRaise, Arg: "E"})
		require.NoError(t, err)
	}
	const before = 50
	for n := range before {
		raise(n)
	}
	got := make(chan hub.Delivery, 1000)
	open := func() (sessions []hub.PartitionSession) {
		for partition := range h.Partitions() {
			s, err := h.Open(t.Context(), partition, func(d hub.Delivery) { got <- d })
			require.NoError(t, err)
			t.Cleanup(s.Stop)
			sessions = append(sessions, s)
		}
		return sessions
	}
	marked := func(n int) (marked int) {
		for range n {
			select {
			case d := <-got:
				if d.Again {
					marked++
				}
			case <-time.After(maxWait):
				require.Fail(t, "it was not delivered")
			}
		}
		return marked
	}
	first := open()
	require.Zero(t, marked(before))
	for _, s := range first {
		s.Stop()
	}
	for partition := range h.Partitions() {
		consumer := consumerOf(t, nc, "default-control", fmt.Sprintf("partition-%d", partition))
		require.NoError(t, mustJetStream(t, nc).DeleteConsumer(t.Context(), "default-control", consumer))
	}
	second := open()
	require.Equal(t, before, marked(before))
	for n := range 10 {
		raise(before + n)
	}
	require.Zero(t, marked(10), "what came later nobody has had")
	for _, s := range second {
		s.Stop()
		require.NoError(t, s.Leave(t.Context()))
	}
	open()
	require.Zero(t, marked(before+10))
}

// BenchmarkOpen measures what a takeover takes.
func BenchmarkOpen(b *testing.B) {
	h := natstest.Open(b, natstest.Connect(b, natstest.Start(b)))
	for _, inOrder := range []bool{true, false} {
		b.Run(fmt.Sprintf("in order %v", inOrder), func(b *testing.B) {
			for b.Loop() {
				s, err := h.Open(b.Context(), 1, func(hub.Delivery) {})
				require.NoError(b, err)
				s.Stop()
				if inOrder {
					require.NoError(b, s.Leave(b.Context()))
				}
			}
		})
	}
}
