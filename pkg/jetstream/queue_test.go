package jetstream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func openQueues(t *testing.T) (*nats.Conn, *jetstream.Hub) {
	t.Helper()
	nc := natstest.Connect(t, natstest.Start(t))
	return nc, natstest.OpenWith(t, nc, jetstream.Config{})
}

// consumeAll collects what is handed out of a queue, and acks it.
func consumeAll(t *testing.T, h *jetstream.Hub, queue string) <-chan hub.QueueDelivery {
	t.Helper()
	out := make(chan hub.QueueDelivery, 100)
	s, err := h.Consume(t.Context(), queue, 10, func(d hub.QueueDelivery) {
		out <- d
		_ = d.Ack()
	})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return out
}

func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(maxWait):
		require.FailNow(t, "waited too long")
		panic("unreachable")
	}
}

func awaitPoison(t *testing.T, h *jetstream.Hub, queue string, count int) []hub.QueueMessage {
	t.Helper()
	var found []hub.QueueMessage
	require.Eventually(t, func() bool {
		var err error
		found, err = h.PeekQueue(t.Context(), queue, true, 0, 100)
		require.NoError(t, err)
		return len(found) == count
	}, maxWait, soon)
	return found
}

// Any NATS client's publish is a message, whose id is a header's or its number.
func TestQueuePlainPublish(t *testing.T) {
	t.Parallel()
	nc, h := openQueues(t)
	subject := h.Name() + ".queue.approvals"
	out := consumeAll(t, h, "approvals")
	for _, tt := range []struct {
		header nats.Header
		id     string
	}{
		{nil, ""},
		{nats.Header{"Nats-Msg-Id": {"m-1"}}, "m-1"},
		{nats.Header{"Dormouse-Event-Id": {"e-1"}, "Nats-Msg-Id": {"m-2"}}, "e-1"},
		{nats.Header{"X-Trace": {"t"}}, ""},
	} {
		require.NoError(t, nc.PublishMsg(&nats.Msg{Subject: subject, Header: tt.header, Data: []byte("b1")}))
		d := await(t, out)
		require.Equal(t, "b1", string(d.Data))
		if tt.id == "" {
			tt.id = hub.QueueMessageID(d.Seq)
		}
		require.Equal(t, tt.id, d.ID)
	}
}

// A message that nobody meant for a queue, or that has bad headers, is poisoned and not handed
// out.
func TestQueuePoisonsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	nc, hub := openQueues(t)
	out := consumeAll(t, hub, "q")
	subject := hub.Name() + ".queue.q"
	for n, tt := range []struct {
		publish func() error
		reason  string
	}{
		{func() error {
			return nc.PublishMsg(&nats.Msg{Subject: subject, Header: nats.Header{"Nats-Msg-Id": {strings.Repeat("x", 600)}}})
		}, "header Nats-Msg-Id: invalid name: event id"},
		{func() error {
			return nc.PublishMsg(&nats.Msg{Subject: subject, Header: nats.Header{"Dormouse-Queued": {"today"}}})
		}, `header Dormouse-Queued: "today" is no time`},
		{func() error {
			return nc.PublishRequest(hub.Name()+".to.i.raise.E", subject, []byte("true"))
		}, "the body is an answer of the NATS server"},
		{func() error {
			return nc.PublishRequest("$JS.API.DIRECT.GET."+hub.Name()+"-control", subject, []byte(`{"seq":1}`))
		}, "header Nats-Stream: the message is a copy"},
	} {
		require.NoError(t, tt.publish())
		found := awaitPoison(t, hub, "q", n+1)
		require.Contains(t, found[n].Poison.Reason, tt.reason)
		require.Equal(t, 1, found[n].Poison.Deliveries)
	}
	require.Empty(t, out)
}

// A poisoned message is as its documentation says.
func TestQueuePoisonOnTheWire(t *testing.T) {
	t.Parallel()
	nc, h := openQueues(t)
	client := mustJetStream(t, nc)
	ack, err := client.PublishMsg(t.Context(), &nats.Msg{
		Subject: "default.queue.a=2Eb", Data: make([]byte, h.MaxPayload()), Header: nats.Header{"Nats-Msg-Id": {"big"}, "X": {"y"}},
	})
	require.NoError(t, err)
	s, err := h.Consume(t.Context(), "a.b", 1, func(d hub.QueueDelivery) {
		require.NoError(t, d.Reject(strings.Repeat("€", 5000), 5))
	})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	awaitPoison(t, h, "a.b", 1)

	stream, err := client.Stream(t.Context(), "default-queue")
	require.NoError(t, err)
	m, err := stream.GetLastMsgForSubject(t.Context(), "default.poison.a=2Eb")
	require.NoError(t, err)
	require.Len(t, m.Data, h.MaxPayload())
	require.Equal(t, "big", m.Header.Get("Dormouse-Event-Id"))
	require.Equal(t, "5", m.Header.Get("Dormouse-Deliveries"))
	require.LessOrEqual(t, len(m.Header.Get("Dormouse-Reason")), 1024)
	require.NotContains(t, m.Header, "X")
	queued, err := time.Parse(time.RFC3339Nano, m.Header.Get("Dormouse-Queued"))
	require.NoError(t, err)
	require.WithinDuration(t, m.Time, queued, time.Hour)
	require.Greater(t, m.Sequence, ack.Sequence)
}

// A message that is too large for a queue does not stop it. One that is too large with
// headers beside it is cut, and cannot be redriven.
func TestQueuePoisonsWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	nc, hub := openQueues(t)
	out := consumeAll(t, hub, "q")
	for _, size := range []int{hub.MaxPayload() + 1, int(nc.MaxPayload())} {
		require.NoError(t, nc.Publish("default.queue.q", make([]byte, size)))
	}
	require.NoError(t, nc.Publish("default.queue.q", []byte("next")))
	require.Equal(t, "next", string(await(t, out).Data))
	found := awaitPoison(t, hub, "q", 2)
	require.Contains(t, found[0].Poison.Reason, "too large for the hub: it has 260")
	require.Len(t, found[0].Data, hub.MaxPayload()+1)
	require.Zero(t, found[0].Poison.CutFrom)
	require.Len(t, found[1].Data, hub.MaxValue())
	require.EqualValues(t, nc.MaxPayload(), found[1].Poison.CutFrom)

	n, err := hub.RedriveQueue(t.Context(), "q", []uint64{found[1].Seq, found[0].Seq})
	require.ErrorIs(t, err, jetstream.ErrTooLarge)
	require.Equal(t, 1, n)
	require.Len(t, awaitPoison(t, hub, "q", 2)[0].Data, hub.MaxValue(), "the one that was cut has stayed")
}

// Nobody who may send can have a message dropped that the hub moves.
func TestQueueRedriveCannotBeForestalled(t *testing.T) {
	t.Parallel()
	_, h := openQueues(t)
	out := make(chan hub.QueueDelivery, 10)
	s, err := h.Consume(t.Context(), "q", 1, func(d hub.QueueDelivery) {
		out <- d
		require.NoError(t, d.Reject("no", 1))
	})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	_, err = h.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q", ID: "x"})
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, "x", await(t, out).ID)
		awaitPoison(t, h, "q", 1)
		n, err := h.RedriveQueue(t.Context(), "q", nil)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
}

// A session goes on after a reconnect.
func TestQueueAfterReconnect(t *testing.T) {
	t.Parallel()
	nc, h := openQueues(t)
	out := consumeAll(t, h, "q")
	_, err := h.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q", Data: []byte("a")})
	require.NoError(t, err)
	require.Equal(t, "a", string(await(t, out).Data))
	require.NoError(t, nc.ForceReconnect())
	require.Eventually(t, func() bool {
		_, err := h.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q", ID: "b", Data: []byte("b")})
		return err == nil
	}, maxWait, soon)
	require.Equal(t, "b", string(await(t, out).Data))
}

// A message to a misspelt queue is in no queue, but it is shown.
func TestQueueThatIsMisspelt(t *testing.T) {
	t.Parallel()
	nc, h := openQueues(t)
	for _, token := range []string{"jo@example", "jo=40example", "=6b"} {
		_, err := nc.Request("default.queue."+token, []byte("x"), maxWait)
		require.NoError(t, err)
	}
	states, err := h.QueueStates(t.Context())
	require.NoError(t, err)
	require.Equal(t, []hub.QueueState{
		{Subject: "default.queue.=6b", Waiting: 1},
		{Subject: "default.queue.jo@example", Waiting: 1},
		{Queue: "jo@example", Waiting: 1},
	}, states)
}

// The stream is as its documentation says.
func TestQueueStream(t *testing.T) {
	t.Parallel()
	nc, hub := openQueues(t)
	stream, err := mustJetStream(t, nc).Stream(t.Context(), hub.Name()+"-queue")
	require.NoError(t, err)
	config := stream.CachedInfo().Config
	require.Equal(t, []string{hub.Name() + ".queue.*", hub.Name() + ".poison.*"}, config.Subjects)
	require.Equal(t, js.WorkQueuePolicy, config.Retention)
	require.False(t, config.AllowRollup, "who may send must not be able to remove")
	require.False(t, config.AllowMsgTTL)
	require.Zero(t, config.MaxAge, "what is poisoned stays")
}
