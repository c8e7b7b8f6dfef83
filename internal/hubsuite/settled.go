package hubsuite

import (
	"time"

	"github.com/stretchr/testify/require"
)

var settlePromises = []promise[*clientFixture]{
	{"settled/when all messages up to there are acked", settledWhenAcked},
}

func settledWhenAcked(t *clientFixture) {
	b := t.openAll(nil)
	require.True(t, t.settled("i", 1<<40), "nothing was ever said to it")
	first := t.raise("i", "A")
	second := t.raise("i", "B")
	t.raise("other", "A")
	all := b.await(t.fixture, "two messages", func(all []arrival) bool { return len(of("i", all)) == 2 })
	require.False(t, t.settled("i", first))
	of("i", all)[0].Ack()
	require.Eventually(t, func() bool { return t.settled("i", first) }, patience, time.Millisecond)
	require.False(t, t.settled("i", second), "the second is still there")
	of("i", all)[1].Ack()
	require.Eventually(t, func() bool { return t.settled("i", second) }, patience, time.Millisecond)
	require.True(t, t.settled("i", second+10))
}

func (t *clientFixture) settled(instance string, watermark uint64) bool {
	t.Helper()
	settled, err := t.hub.Settled(t.ctx, instance, watermark)
	require.NoError(t, err)
	return settled
}
