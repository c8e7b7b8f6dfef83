package load

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// TestNothingIsLeftBehind opens a hub, waits, asks for a receipt, gives up and goes, 10,000
// times on one connection.
func TestNothingIsLeftBehind(t *testing.T) {
	s := newFixture(t)
	_, err := s.client.Start(s.ctx, "Gate", nil, client.WithInstanceID("a"))
	require.NoError(t, err)
	_, err = s.client.WaitForStart(s.ctx, "a")
	require.NoError(t, err)

	round := func(n int) {
		hub, err := jetstream.OpenExisting(s.ctx, s.nc, jetstream.Config{})
		require.NoError(t, err)
		ctx, giveUp := context.WithCancel(s.ctx)
		defer giveUp()
		to := client.New(hub)
		switch n % 4 {
		case 0: // a wait that is given up while it waits
			for _, err := range to.Watch(ctx, "a") {
				require.NoError(t, err)
				giveUp()
				break
			}
		case 1: // and one before it has begun
			giveUp()
			_, err = to.Wait(ctx, "a")
			require.ErrorIs(t, err, context.Canceled)
		case 2: // a receipt that comes
			_, err := to.RaiseWithReceipt(ctx, "a", "Other", nil)
			require.NoError(t, err)
		case 3: // and one that nobody waits for
			time.AfterFunc(time.Duration(n%7)*100*time.Microsecond, giveUp)
			_, _ = to.RaiseWithReceipt(ctx, "a", "Other", nil)
			_, err := to.List(s.ctx, client.Filter{Limit: 1})
			require.NoError(t, err)
		}
	}
	for n := range 100 { // what a connection needs is there from then on
		round(n)
	}
	before := s.measure()
	rounds := size(10_000)
	for n := range rounds {
		round(n)
	}
	var after usage
	require.Eventually(t, func() bool {
		after = s.measure()
		return after.goroutines <= before.goroutines+5 && after.subscriptions <= before.subscriptions
	}, 30*time.Second, 100*time.Millisecond, "before %+v, after %+v", &before, &after)
	t.Logf("before %+v, after %d rounds %+v", before, rounds, after)
	require.Zero(t, after.consumers)
	// The history of the instance has grown.
	require.Less(t, after.heap, before.heap+32<<20)
}

// usage is what is in use by everybody in this process, the server and the worker too.
type usage struct {
	goroutines, consumers int
	subscriptions         uint32
	heap                  uint64
}

func (s *fixture) measure() usage {
	s.Helper()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return usage{runtime.NumGoroutine(), s.consumers(), s.server.NumSubscriptions(), memory.HeapAlloc}
}
