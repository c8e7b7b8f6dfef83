package hubsuite

import "github.com/stretchr/testify/require"

// queueRuns notes how often a message was tried, and gives it back.
func queueRuns(t *clientFixture) {
	out, _ := t.consume("q", 1)
	again := func(before, want int) taken {
		t.Helper()
		d := receive(t.fixture, "the message again", out)
		require.Greater(t, d.Attempt, before)
		runs, err := d.Runs(t.ctx)
		require.NoError(t, err)
		require.Equal(t, want, runs)
		return d
	}
	giveBack := func(d taken) {
		t.Helper()
		require.NoError(t, d.Release(0))
		d.release()
	}
	t.send("q", "b")
	d := receive(t.fixture, "the message", out)
	giveBack(d)
	d = again(d.Attempt, 1)
	for _, runs := range []int{0, 3, 2} {
		require.NoError(t, d.Note(t.ctx, runs))
		giveBack(d)
		d = again(d.Attempt, runs)
	}
	require.NoError(t, d.Reject("enough", 3))
	runs, err := d.Runs(t.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, runs, "what was noted is gone")
	d.release()
	n, err := t.hub.RedriveQueue(t.ctx, "q", nil)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	giveBack(receive(t.fixture, "the redriven message", out))
	again(1, 1).finish(t)
}
