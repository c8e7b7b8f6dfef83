package hubsuite

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

var leasePromises = []promise[*fixture]{
	{"leases/one holder at a time", oneHolder},
	{"leases/the holder may acquire again", acquireAgain},
	{"leases/of many at once one acquires", oneAcquires},
	{"leases/a released one is free", releasedLease},
	{"leases/releasing an old revision does nothing", staleRelease},
	{"leases/a lost one cannot be renewed", renewLost},
	{"leases/expire, not before their time", leaseExpires},
	{"leases/last while they are renewed", leaseRenewed},
	{"leases/are independent", leasesIndependent},
	{"leases/a watch begins with the present state", watchBegins},
	{"leases/a slow watch gets the newest state", slowWatch},
	{"leases/a watch ends with its context", leaseWatchEnds},
}

func (t *fixture) acquire(lease, holder string) uint64 {
	t.Helper()
	revision, err := t.hub.Acquire(t.ctx, lease, holder)
	require.NoError(t, err)
	return revision
}

// requireHeld checks that another cannot have the lease.
func (t *fixture) requireHeld(lease string) {
	t.Helper()
	_, err := t.hub.Acquire(t.ctx, lease, "somebody else")
	require.ErrorIs(t, err, hub.ErrConflict)
}

func (t *fixture) watchLeases() <-chan map[string]string {
	t.Helper()
	states, err := t.hub.WatchLeases(t.ctx)
	require.NoError(t, err)
	return states
}

// awaitLeases reads states until one is as wanted.
func (t *fixture) awaitLeases(states <-chan map[string]string, want map[string]string) {
	t.Helper()
	for {
		state := receive(t, fmt.Sprintf("leases %v", want), states)
		if maps.Equal(state, want) {
			return
		}
	}
}

func oneHolder(t *fixture) {
	require.NotZero(t, t.acquire("l", "a"))
	t.requireHeld("l")
}

func acquireAgain(t *fixture) {
	t.acquire("l", "a")
	revision := t.acquire("l", "a")
	revision, err := t.hub.Renew(t.ctx, "l", "a", revision)
	require.NoError(t, err)
	require.NoError(t, t.hub.Release(t.ctx, "l", revision))
	t.acquire("l", "b")
}

func oneAcquires(t *fixture) {
	results := race(16, func(n int) (uint64, error) { return t.hub.Acquire(t.ctx, "l", fmt.Sprintf("w%d", n)) })
	winner := requireOneWinner(t, results)
	_, err := t.hub.Renew(t.ctx, "l", fmt.Sprintf("w%d", winner), results[winner].got)
	require.NoError(t, err)
}

func releasedLease(t *fixture) {
	for _, holder := range []string{"a", "b", "c"} {
		revision := t.acquire("l", holder)
		t.requireHeld("l")
		require.NoError(t, t.hub.Release(t.ctx, "l", revision))
	}
}

func staleRelease(t *fixture) {
	old := t.acquire("l", "a")
	revision, err := t.hub.Renew(t.ctx, "l", "a", old)
	require.NoError(t, err)
	// Whether this is an error is not promised.
	_ = t.hub.Release(t.ctx, "l", old)
	t.requireHeld("l")
	require.NoError(t, t.hub.Release(t.ctx, "l", revision))

	t.acquire("l", "b")
	_ = t.hub.Release(t.ctx, "l", revision)
	t.requireHeld("l")
}

func renewLost(t *fixture) {
	old := t.acquire("l", "a")
	require.NoError(t, t.hub.Release(t.ctx, "l", old))
	_, err := t.hub.Renew(t.ctx, "l", "a", old)
	require.ErrorIs(t, err, hub.ErrConflict, "a free lease")

	revision := t.acquire("l", "b")
	_, err = t.hub.Renew(t.ctx, "l", "a", old)
	require.ErrorIs(t, err, hub.ErrConflict, "another's lease")
	_, err = t.hub.Renew(t.ctx, "l", "b", revision)
	require.NoError(t, err)

	_, err = t.hub.Renew(t.ctx, "never held", "a", 1)
	require.ErrorIs(t, err, hub.ErrConflict, "a lease that never was")
}

func leaseExpires(t *fixture) {
	states := t.watchLeases()
	began := time.Now()
	revision := t.acquire("l", "a")
	t.awaitLeases(states, map[string]string{"l": "a"})
	t.awaitLeases(states, map[string]string{})
	require.GreaterOrEqual(t, time.Since(began), t.hub.LeaseTTL())
	_, err := t.hub.Renew(t.ctx, "l", "a", revision)
	require.ErrorIs(t, err, hub.ErrConflict)
	t.acquire("l", "b")
}

func leaseRenewed(t *fixture) {
	revision := t.acquire("l", "a")
	states := t.watchLeases()
	tick := time.NewTicker(t.hub.LeaseTTL() / 4)
	defer tick.Stop()
	for range 10 {
		receive(t, "the time to renew", tick.C)
		renewed, err := t.hub.Renew(t.ctx, "l", "a", revision)
		require.NoError(t, err)
		revision = renewed
		t.requireHeld("l")
	}
	require.NoError(t, t.hub.Release(t.ctx, "l", revision))
	for {
		state := receive(t, "the release", states)
		if len(state) == 0 {
			return
		}
		require.Equal(t, map[string]string{"l": "a"}, state)
	}
}

func leasesIndependent(t *fixture) {
	want := map[string]string{}
	revisions := map[string]uint64{}
	for n, lease := range []string{"partition-1", "partition-11", "1", "worker.a", "w ä *"} {
		holder := fmt.Sprintf("holder %d/ü.*", n)
		revisions[lease] = t.acquire(lease, holder)
		want[lease] = holder
	}
	states := t.watchLeases()
	t.awaitLeases(states, want)
	require.NoError(t, t.hub.Release(t.ctx, "1", revisions["1"]))
	delete(want, "1")
	t.awaitLeases(states, want)
}

func watchBegins(t *fixture) {
	require.Empty(t, receive(t, "the state of no leases", t.watchLeases()))
	t.acquire("l", "a")
	require.Equal(t, map[string]string{"l": "a"}, receive(t, "the present state", t.watchLeases()))
}

func slowWatch(t *fixture) {
	states := t.watchLeases()
	// Nobody reads meanwhile, and nobody is held up.
	for range 50 {
		require.NoError(t, t.hub.Release(t.ctx, "l", t.acquire("l", "a")))
	}
	t.acquire("l", "last")
	t.awaitLeases(states, map[string]string{"l": "last"})
	require.Empty(t, states, "an older state after the newest")
}

func leaseWatchEnds(t *fixture) {
	ctx, cancel := context.WithCancel(t.ctx)
	states, err := t.hub.WatchLeases(ctx)
	require.NoError(t, err)
	cancel()
	requireClosed(t, "the end of the watch", states)
}
