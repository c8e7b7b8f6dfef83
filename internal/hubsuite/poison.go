package hubsuite

import (
	"math"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

var poisonPromises = []promise[*clientFixture]{
	{"queues/a rejected one is in the poison queue, with the reason", queuePoison},
	{"queues/peeking goes on behind a number", queuePeek},
	{"queues/a redriven one begins anew and keeps its id", queueRedrive},
	{"queues/redriving some", queueRedriveSome},
	{"queues/purging", queuePurge},
	{"queues/their states", queueStates},
}

// spoil sends a message and puts it into the poison queue.
func (t *clientFixture) spoil(out <-chan taken, id, body, reason string) taken {
	t.Helper()
	_, err := t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: "q", ID: id, Data: []byte(body)})
	require.NoError(t, err)
	d := receive(t.fixture, "the message", out)
	require.NoError(t, d.Reject(reason, 3))
	d.release()
	t.length("q", 0)
	return d
}

func queuePoison(t *clientFixture) {
	out, _ := t.consume("q", 1)
	begun := time.Now()
	d := t.spoil(out, "id 1", "\x00body", "because: of this")
	// A worker that has not heard that it is there does it once more.
	require.NoError(t, d.Reject("because: of this", 3))
	requireQuiet(t.fixture, "a poisoned message is delivered", out)
	got := t.peek("q", true)
	require.Len(t, got, 1)
	require.Equal(t, "id 1", got[0].ID)
	require.Equal(t, "q", got[0].Queue)
	require.Equal(t, "\x00body", string(got[0].Data))
	require.True(t, got[0].Stored.Equal(d.Stored))
	require.NotNil(t, got[0].Poison)
	require.Equal(t, "because: of this", got[0].Poison.Reason)
	require.Equal(t, 3, got[0].Poison.Deliveries)
	require.WithinRange(t, got[0].Poison.At, begun.Add(-time.Minute), time.Now().Add(time.Minute))

	t.spoil(out, "id 2", "", strings.Repeat("a long reason\n", 10_000))
	got = t.peek("q", true)
	require.Len(t, got, 2)
	require.True(t, strings.HasPrefix(got[1].Poison.Reason, "a long reason"))
}

func queuePeek(t *clientFixture) {
	require.Empty(t, t.peek("q", false))
	require.Empty(t, t.peek("q", true))
	for _, body := range []string{"a", "b", "c", "d", "e"} {
		t.send("q", body)
		t.send("other", body)
	}
	var all []hub.QueueMessage
	for behind := uint64(0); ; behind = all[len(all)-1].Seq {
		page, err := t.hub.PeekQueue(t.ctx, "q", false, behind, 2)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		require.LessOrEqual(t, len(page), 2)
		all = append(all, page...)
	}
	require.Equal(t, "a b c d e", bodies(all))
	require.Nil(t, all[0].Poison)
	none, err := t.hub.PeekQueue(t.ctx, "q", false, math.MaxUint64, 1)
	require.NoError(t, err)
	require.Empty(t, none)
	t.length("q", 5)
}

func queueRedrive(t *clientFixture) {
	out, _ := t.consume("q", 1)
	d := t.spoil(out, "", "a", "no")
	t.spoil(out, "id", "b", "no")
	n, err := t.hub.RedriveQueue(t.ctx, "q", nil)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Empty(t, t.peek("q", true))
	for _, id := range []string{d.ID, "id"} {
		again := receive(t.fixture, "the redriven message", out)
		require.Equal(t, id, again.ID)
		require.Equal(t, 1, again.Attempt)
		require.Nil(t, again.Poison)
		if id == d.ID {
			require.True(t, again.Stored.Equal(d.Stored))
			require.Equal(t, "a", string(again.Data))
		}
		require.NoError(t, again.Reject("no, again", 1))
		again.release()
	}
	t.length("q", 0)
	require.Equal(t, "a b", bodies(t.peek("q", true)))
	n, err = t.hub.RedriveQueue(t.ctx, "other", nil)
	require.NoError(t, err)
	require.Zero(t, n)
}

func queueRedriveSome(t *clientFixture) {
	out, s := t.consume("q", 1)
	for _, body := range []string{"a", "b", "c"} {
		t.spoil(out, "", body, "no")
	}
	s.Stop()
	poison := t.peek("q", true)
	n, err := t.hub.RedriveQueue(t.ctx, "q", []uint64{poison[2].Seq, poison[0].Seq})
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, "b", bodies(t.peek("q", true)))
	require.Equal(t, "c a", bodies(t.peek("q", false)))
	waiting := t.send("q", "d")
	for _, seq := range []uint64{poison[0].Seq, waiting, 1 << 40} {
		n, err = t.hub.RedriveQueue(t.ctx, "q", []uint64{seq})
		require.ErrorIs(t, err, hub.ErrNotFound)
		require.Zero(t, n)
		_, err = t.hub.PurgeQueue(t.ctx, "q", true, []uint64{seq})
		require.ErrorIs(t, err, hub.ErrNotFound)
	}
	require.Equal(t, "c a d", bodies(t.peek("q", false)))
}

func queuePurge(t *clientFixture) {
	out, s := t.consume("q", 1)
	for _, body := range []string{"a", "b", "c"} {
		t.spoil(out, "", body, "no")
	}
	s.Stop()
	for _, body := range []string{"d", "e"} {
		t.send("q", body)
		t.send("other", body)
	}
	_, err := t.hub.PurgeQueue(t.ctx, "q", false, []uint64{1})
	require.Error(t, err)
	n, err := t.hub.PurgeQueue(t.ctx, "q", true, []uint64{t.peek("q", true)[1].Seq})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, "a c", bodies(t.peek("q", true)))
	n, err = t.hub.PurgeQueue(t.ctx, "q", false, nil)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Empty(t, t.peek("q", false))
	require.Equal(t, "a c", bodies(t.peek("q", true)))
	n, err = t.hub.PurgeQueue(t.ctx, "q", true, nil)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Empty(t, t.peek("q", true))
	require.Equal(t, "d e", bodies(t.peek("other", false)))
	t.length("q", 0)
}

func queueStates(t *clientFixture) {
	states, err := t.hub.QueueStates(t.ctx)
	require.NoError(t, err)
	require.Empty(t, states)
	out, s := t.consume("q", 1)
	t.spoil(out, "", "a", "no")
	s.Stop()
	t.send("q", "b")
	t.send("q", "c")
	t.send("a.b", "d")
	states, err = t.hub.QueueStates(t.ctx)
	require.NoError(t, err)
	require.Equal(t, []hub.QueueState{{Queue: "a.b", Waiting: 1}, {Queue: "q", Waiting: 2, Poisoned: 1}}, states)
}
