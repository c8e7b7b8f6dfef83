package hubsuite

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var receiptPromises = []promise[*clientFixture]{
	{"receipts/an outcome reaches who asked", outcomeReaches},
	{"receipts/every asker gets the outcome of their own event", outcomesApart},
	{"receipts/one outcome for one question", oneOutcome},
	{"receipts/nobody listens when the context has ended", askerGone},
	{"receipts/a question that no hub takes is refused", askRefused},
}

func (t *clientFixture) ask(ctx context.Context, instance, event string) (uint64, <-chan history.Outcome) {
	t.Helper()
	m := hub.Message{Instance: instance, Verb: hub.VerbRaise, Arg: event, ID: "id of " + event, Data: []byte("1")}
	seq, outcomes, err := t.hub.Ask(ctx, m)
	require.NoError(t, err)
	require.NotZero(t, seq)
	return seq, outcomes
}

// receiptOf returns where the outcome of the event of that number is to be said.
func (t *clientFixture) receiptOf(b *inbox, seq uint64) string {
	t.Helper()
	all := b.awaitSeq(t.fixture, seq)
	m := all[len(all)-1]
	require.Equal(t, seq, m.Seq)
	require.NotEmpty(t, m.Receipt)
	require.Equal(t, "1", string(m.Data))
	require.Equal(t, "id of "+m.Arg, m.ID)
	return m.Receipt
}

func outcomeReaches(t *clientFixture) {
	b := t.openAll(nil)
	for _, outcome := range []history.Outcome{
		history.Delivered, history.Buffered, history.Kept, history.Duplicate, history.Discarded,
	} {
		seq, outcomes := t.ask(t.ctx, "i", string(outcome))
		receipt := t.receiptOf(b, seq)
		require.Empty(t, outcomes)
		require.NoError(t, t.hub.Reply(t.ctx, receipt, outcome))
		require.Equal(t, outcome, receive(t.fixture, "the outcome", outcomes))
	}
}

func outcomesApart(t *clientFixture) {
	b := t.openAll(nil)
	first, outcomes := t.ask(t.ctx, "i", "first")
	firstReceipt := t.receiptOf(b, first)
	second, otherOutcomes := t.ask(t.ctx, "i", "second")
	secondReceipt := t.receiptOf(b, second)
	require.NotEqual(t, firstReceipt, secondReceipt)
	require.NoError(t, t.hub.Reply(t.ctx, secondReceipt, history.Buffered))
	require.Equal(t, history.Buffered, receive(t.fixture, "the second outcome", otherOutcomes))
	require.Empty(t, outcomes)
	require.NoError(t, t.hub.Reply(t.ctx, firstReceipt, history.Delivered))
	require.Equal(t, history.Delivered, receive(t.fixture, "the first outcome", outcomes))
}

// The worker that has to do a turn again answers again.
func oneOutcome(t *clientFixture) {
	b := t.openAll(nil)
	seq, outcomes := t.ask(t.ctx, "i", "E")
	receipt := t.receiptOf(b, seq)
	require.NoError(t, t.hub.Reply(t.ctx, receipt, history.Delivered))
	require.NoError(t, t.hub.Reply(t.ctx, receipt, history.Duplicate))
	require.NoError(t, t.hub.Reply(t.ctx, receipt, history.Duplicate))
	require.Equal(t, history.Delivered, receive(t.fixture, "the outcome", outcomes))
	requireQuiet(t.fixture, "a second outcome", outcomes)
}

func askerGone(t *clientFixture) {
	b := t.openAll(nil)
	ctx, cancel := context.WithCancel(t.ctx)
	seq, outcomes := t.ask(ctx, "i", "E")
	receipt := t.receiptOf(b, seq)
	cancel()
	require.NoError(t, t.hub.Reply(t.ctx, receipt, history.Delivered))
	// It may have been in time.
	select {
	case outcome := <-outcomes:
		require.Equal(t, history.Delivered, outcome)
	case <-time.After(50 * time.Millisecond):
	}
}

func askRefused(t *clientFixture) {
	_, _, err := t.hub.Ask(t.ctx, hub.Message{Instance: "@i", Verb: hub.VerbRaise, Arg: "E"})
	require.ErrorIs(t, err, ident.ErrInvalidName)
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	_, _, err = t.hub.Ask(ctx, hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E"})
	require.ErrorIs(t, err, context.Canceled)
}
