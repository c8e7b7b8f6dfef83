package hubsuite

import (
	"time"

	"github.com/stretchr/testify/require"
)

var redeliveryPromises = []promise[*fixture]{
	{"activities/a released one comes again", activityReleased},
	{"activities/a released one waits for its delay", activityDelayed},
	{"activities/one in silence comes again", activitySilent},
	{"activities/one that is kept alive does not come again", activityKeptAlive},
}

func activityReleased(t *fixture) {
	out, _ := t.work("Act", 1)
	t.do(run("Act", "i", 1))
	for attempt := 1; attempt <= 3; attempt++ {
		h := receive(t, "the activity", out)
		require.Equal(t, attempt, h.Attempt)
		require.Equal(t, `"i"`, string(h.Input))
		require.NoError(t, h.Release(0))
		h.release()
	}
	receive(t, "the activity", out).finish(t)
}

func activityDelayed(t *fixture) {
	const delay = 300 * time.Millisecond
	out, _ := t.work("Act", 1)
	t.do(run("Act", "i", 1))
	h := receive(t, "the activity", out)
	released := time.Now()
	require.NoError(t, h.Release(delay))
	h.release()
	h = receive(t, "the activity again", out)
	require.GreaterOrEqual(t, time.Since(released), delay)
	require.Equal(t, 2, h.Attempt)
	h.finish(t)
}

func activitySilent(t *fixture) {
	out, _ := t.work("Act", 1)
	t.do(run("Act", "i", 1))
	receive(t, "the activity", out).release() // it returns without a word
	h := receive(t, "the activity again", out)
	require.EqualValues(t, 1, h.Task)
	require.Equal(t, 2, h.Attempt)
	h.finish(t)
}

func activityKeptAlive(t *fixture) {
	interval := t.hub.KeepAliveInterval()
	if interval > 2*time.Second {
		t.Skipf("takes %v: configure a shorter keep-alive interval", 8*interval)
	}
	out, _ := t.work("Act", 10)
	t.do(run("Act", "i", 1))
	h := receive(t, "the activity", out)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for range 8 {
		select {
		case <-tick.C:
			require.NoError(t, h.KeepAlive())
		case again := <-out:
			require.FailNow(t, "handed out again while it was kept alive", "attempt %d", again.Attempt)
		}
	}
	h.finish(t)
	t.do(run("Act", "i", 2))
	require.EqualValues(t, 2, receive(t, "the next activity", out).Task)
}
