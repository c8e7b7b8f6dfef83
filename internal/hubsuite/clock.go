package hubsuite

import (
	"time"

	"github.com/stretchr/testify/require"
)

var clockPromises = []promise[*fixture]{
	{"clock/never ahead of the hub, never behind what it delivers", clockBetween},
	{"clock/a timer set by it is not due before", clockOfTimers},
	{"ground/it can be reached, and is there", groundStands},
}

func groundStands(t *fixture) {
	select {
	case <-t.hub.Reach():
	default:
		require.FailNow(t, "it seems to be out of reach")
	}
	require.NoError(t, t.hub.Check(t.ctx))
}

func clockBetween(t *fixture) {
	b := t.openAll(nil)
	for n := range 20 {
		before := t.hub.Now(t.ctx)
		t.raise("i", "E")
		all := b.await(t, "the message", func(all []arrival) bool { return len(all) > n })
		stored := all[n].Stored
		require.False(t, before.After(stored), "it was %v ahead", before.Sub(stored))
		now := t.hub.Now(t.ctx)
		require.False(t, now.Before(stored), "it is %v behind", stored.Sub(now))
	}
}

func clockOfTimers(t *fixture) {
	b := t.openAll(nil)
	at := t.hub.Now(t.ctx).Add(300 * time.Millisecond)
	t.do(set("i", "e", 1, at))
	b.awaitMessage(t, fired("i", "e", 1))
	now := t.hub.Now(t.ctx)
	require.False(t, now.Before(at), "it was due %v early", at.Sub(now))
}
