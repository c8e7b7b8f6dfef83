package hubsuite

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

var queuePromises = []promise[*clientFixture]{
	{"queues/every field arrives", queueArrivesWhole},
	{"queues/any body and any name", queueBodies},
	{"queues/what no queue takes is refused", queueRefuses},
	{"queues/of one id one message is stored", queueSentTwice},
	{"queues/as many at a time as the limit says", queueLimit},
	{"queues/two workers share them", queueShared},
	{"queues/queues are kept apart", queueNames},
	{"queues/an acknowledged message is gone", queueAcked},
	{"queues/a released one comes again after the delay", queueReleased},
	{"queues/one that is kept alive does not come again, one that is not does", queueKeptAlive},
	{"queues/stop waits for those at work", queueStop},
	{"queues/how often one was tried is kept until it is dealt with", queueRuns},
}

// taken is a message that was handed out, and how to let its handler return.
type taken struct {
	hub.QueueDelivery
	inHand
}

func (d taken) finish(t *clientFixture) {
	t.Helper()
	require.NoError(t, d.Ack())
	d.release()
}

// consume hands the messages of a queue to the returned channel; each handler returns
// when it is released, all of them when the test ends.
func (t *clientFixture) consume(queue string, limit int) (chan taken, hub.Session) {
	t.Helper()
	return handOut(t.fixture, func(out chan taken, hold func() inHand) (hub.Session, error) {
		return t.hub.Consume(t.ctx, queue, limit, func(d hub.QueueDelivery) {
			h := hold()
			out <- taken{d, h}
			h.wait()
		})
	})
}

func (t *clientFixture) send(queue, body string) uint64 {
	t.Helper()
	seq, err := t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: queue, Data: []byte(body)})
	require.NoError(t, err)
	return seq
}

func (t *clientFixture) peek(queue string, poison bool) []hub.QueueMessage {
	t.Helper()
	found, err := t.hub.PeekQueue(t.ctx, queue, poison, 0, 1000)
	require.NoError(t, err)
	return found
}

// length waits until nobody has to deal with more of the queue than that: an ack
// is not waited for.
func (t *clientFixture) length(queue string, want int) {
	t.Helper()
	require.Eventually(t, func() bool {
		n, err := t.hub.QueueLength(t.ctx, queue)
		require.NoError(t, err)
		return n == want
	}, patience, time.Millisecond, "length of queue %s", queue)
}

func bodies(messages []hub.QueueMessage) string {
	var all []string
	for _, m := range messages {
		all = append(all, string(m.Data))
	}
	return strings.Join(all, " ")
}

func queueArrivesWhole(t *clientFixture) {
	out, _ := t.consume("q", 1)
	begun := time.Now()
	seq, err := t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: "q", ID: "order 7", Data: []byte("b")})
	require.NoError(t, err)
	d := receive(t.fixture, "the message", out)
	require.WithinRange(t, d.Stored, begun.Add(-time.Minute), time.Now().Add(time.Minute))
	d.finish(t)
	require.Equal(t, hub.QueueMessage{Queue: "q", Seq: seq, ID: "order 7", Data: []byte("b"), Stored: d.Stored}, d.QueueMessage)
	require.Equal(t, 1, d.Attempt)

	seq = t.send("q", "c")
	d = receive(t.fixture, "the message without an id", out)
	require.Equal(t, hub.QueueMessageID(seq), d.ID)
	d.finish(t)
}

func queueBodies(t *clientFixture) {
	for _, body := range []string{"", "text", " \n", `{"a":1}`, "\x00\xff", "\r\n\r\n"} {
		for _, name := range []string{"q", "Q", "a.b", "*", ">", "ä =", strings.Repeat("€", ident.MaxName)} {
			t.send(name, body)
			got := t.peek(name, false)
			require.Len(t, got, 1)
			require.Equal(t, name, got[0].Queue)
			require.Equal(t, body, string(got[0].Data))
			n, err := t.hub.PurgeQueue(t.ctx, name, false, nil)
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
	}
}

func queueRefuses(t *clientFixture) {
	for _, name := range []string{"", "a\nb", strings.Repeat("a", ident.MaxName+1)} {
		_, err := t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: name})
		require.ErrorIs(t, err, ident.ErrInvalidName)
		_, err = t.hub.Consume(t.ctx, name, 1, func(hub.QueueDelivery) {})
		require.ErrorIs(t, err, ident.ErrInvalidName)
		_, err = t.hub.PeekQueue(t.ctx, name, true, 0, 1)
		require.ErrorIs(t, err, ident.ErrInvalidName)
	}
	_, err := t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: "q", ID: " x"})
	require.ErrorIs(t, err, ident.ErrInvalidName)
	_, err = t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: "q", Data: make([]byte, t.hub.MaxPayload()+1)})
	require.Error(t, err)
	_, err = t.hub.SendToQueue(t.ctx, hub.QueueMessage{Queue: "q", Data: make([]byte, t.hub.MaxPayload())})
	require.NoError(t, err)
	_, err = t.hub.Consume(t.ctx, "q", 0, func(hub.QueueDelivery) {})
	require.Error(t, err)
}

func queueSentTwice(t *clientFixture) {
	for _, m := range []hub.QueueMessage{
		{Queue: "q", ID: "1", Data: []byte("a")}, {Queue: "q", ID: "1", Data: []byte("a again")},
		{Queue: "other", ID: "1", Data: []byte("b")}, {Queue: "q", ID: "2", Data: []byte("c")},
	} {
		_, err := t.hub.SendToQueue(t.ctx, m)
		require.NoError(t, err)
	}
	require.Equal(t, "a c", bodies(t.peek("q", false)))
	require.Equal(t, "b", bodies(t.peek("other", false)))
}

func queueLimit(t *clientFixture) {
	const limit, total = 3, 9
	for n := range total {
		t.send("q", fmt.Sprint(n))
	}
	out, _ := t.consume("q", limit)
	var atWork []taken
	for seen := 0; seen < total; {
		for ; len(atWork) < limit && seen < total; seen++ {
			atWork = append(atWork, receive(t.fixture, "a message", out))
		}
		requireQuiet(t.fixture, "more at work than the limit", out)
		atWork[0].finish(t)
		atWork = atWork[1:]
	}
	for _, d := range atWork {
		d.finish(t)
	}
	t.length("q", 0)
}

func queueShared(t *clientFixture) {
	first, _ := t.consume("q", 2)
	second, _ := t.consume("q", 2)
	for n := range 4 {
		t.send("q", fmt.Sprint(n))
	}
	seen := map[string]bool{}
	for len(seen) < 4 {
		// Each holds on to two, so the other two must come to the other.
		select {
		case d := <-first:
			seen[string(d.Data)] = true
		case d := <-second:
			seen[string(d.Data)] = true
		case <-t.ctx.Done():
			require.FailNow(t, "waited too long for four messages", "have %v", seen)
		}
	}
}

func queueNames(t *clientFixture) {
	names := []string{"q", "Q", "q.v2", "q ", "*", ">", "q=", "Ä"}
	channels := map[string]chan taken{}
	for _, name := range names {
		channels[name], _ = t.consume(name, 10)
	}
	for _, name := range names {
		t.send(name, name)
	}
	for _, name := range names {
		d := receive(t.fixture, fmt.Sprintf("queue %q", name), channels[name])
		require.Equal(t, name, string(d.Data))
		d.finish(t)
	}
	for _, name := range names {
		require.Empty(t, channels[name], "queue %q", name)
	}
}

func queueAcked(t *clientFixture) {
	out, s := t.consume("q", 1)
	t.send("q", "a")
	receive(t.fixture, "a message", out).finish(t)
	s.Stop()
	t.length("q", 0)
	out, _ = t.consume("q", 1)
	t.send("q", "b")
	d := receive(t.fixture, "the next message", out)
	require.Equal(t, "b", string(d.Data))
	d.finish(t)
}

func queueReleased(t *clientFixture) {
	const delay = 100 * time.Millisecond
	out, _ := t.consume("q", 2)
	t.send("q", "a")
	for n, wait := range []time.Duration{0, delay, 0} {
		d := receive(t.fixture, "the message", out)
		require.Equal(t, n+1, d.Attempt)
		require.Equal(t, "a", string(d.Data))
		released := time.Now()
		require.NoError(t, d.Release(wait))
		d.release()
		if wait > 0 {
			again := receive(t.fixture, "the message after a delay", out)
			require.GreaterOrEqual(t, time.Since(released), wait)
			t.length("q", 1)
			require.NoError(t, again.Ack())
			again.release()
			return
		}
	}
}

func queueKeptAlive(t *clientFixture) {
	out, _ := t.consume("q", 2)
	t.send("q", "a")
	d := receive(t.fixture, "the message", out)
	interval := t.hub.KeepAliveInterval()
	for range 5 {
		require.NoError(t, d.KeepAlive())
		select {
		case <-out:
			require.FailNow(t, "handed out again while kept alive")
		case <-time.After(interval):
		}
	}
	again := receive(t.fixture, "the message that nobody keeps alive", out)
	require.Equal(t, 2, again.Attempt)
	require.Equal(t, d.ID, again.ID)
	require.NoError(t, d.Ack(), "the first may still say that it is done")
	again.finish(t)
	t.length("q", 0)
}

func queueStop(t *clientFixture) {
	out, s := t.consume("q", 1)
	t.send("q", "a")
	d := receive(t.fixture, "the message", out)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Stop()
	}()
	requireQuiet(t.fixture, "stopped with a message at work", stopped)
	require.NoError(t, d.Ack())
	d.release()
	requireClosed(t.fixture, "the stop", stopped)
	requireClosed(t.fixture, "the session's end", s.Done())
	require.NoError(t, s.Err())
	s.Stop()

	t.send("q", "b")
	ctx, cancel := context.WithCancel(t.ctx)
	next := make(chan hub.QueueDelivery, 1)
	s, err := t.hub.Consume(ctx, "q", 1, func(d hub.QueueDelivery) { next <- d })
	cancel() // bounds the call, not the session
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	require.NoError(t, receive(t.fixture, "the next message", next).Ack())
	require.Empty(t, out, "handed out by a stopped session")
}
