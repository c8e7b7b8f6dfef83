package jetstream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// A server that was killed with its worker may have forgotten what it had handed out. An
// activity that was there before the session is marked all the same, so that one which
// ends its worker is found out; one that comes later is not.
func TestWorkThatTheServerHasForgottenIsMarked(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	handed := make(chan hub.ActivityDelivery, 10)
	work := func() hub.Session {
		s, err := h.Work(t.Context(), "Act", 1, func(d hub.ActivityDelivery) { handed <- d })
		require.NoError(t, err)
		t.Cleanup(s.Stop)
		return s
	}
	// The hub knows the server's time within bounds only: a message is surely later than the
	// session once the lower one has passed the upper one of that moment.
	later := func() {
		opened := h.After(t.Context(), 0)
		require.Eventually(t, func() bool { return h.Now(t.Context()).After(opened) }, maxWait, soon)
	}
	first := work()
	later()
	require.NoError(t, h.Send(t.Context(), []hub.Command{run(1)}))
	d := <-handed
	require.Equal(t, 1, d.Attempt)
	require.False(t, d.Again, "nobody can have had it before")
	first.Stop()
	consumer := consumerOf(t, nc, "default-activity", "Act")
	require.NoError(t, mustJetStream(t, nc).DeleteConsumer(t.Context(), "default-activity", consumer))

	work()
	d = <-handed
	require.Equal(t, 1, d.Attempt, "the server has forgotten")
	require.True(t, d.Again)
	require.NoError(t, d.Ack())
	later()
	require.NoError(t, h.Send(t.Context(), []hub.Command{run(2)}))
	d = <-handed
	require.EqualValues(t, 2, d.Task)
	require.False(t, d.Again)
}
