package jetstream_test

import (
	"strconv"
	"testing"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// A viewer may make consumers on KV_default. A push consumer whose deliver subject is the
// one by which messages of another consumer are asked for turns every value into a
// request, whose answer goes nowhere. The viewer would have to know that consumer's name.
func TestViewerCannotTakeMessagesAway(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	s, err := g.hub.Consume(t.Context(), "q", 1, func(d history.QueueDelivery) { _ = d.Ack() })
	require.NoError(t, err)
	s.Stop() // no worker is there; the consumer is
	_, err = g.hub.SendToQueue(t.Context(), history.QueueMessage{Queue: "q", Data: []byte("x")})
	require.NoError(t, err)
	queue := consumerOf(t, g.worker.Conn, "default-queue", "q")

	viewer := mustJetStream(t, g.login(t, "viewer").Conn)
	guesses := []string{"q", "q-", queue[:len(queue)-1] + "~"}
	for i, guess := range guesses {
		_, err := viewer.CreateOrUpdatePushConsumer(t.Context(), "KV_default", js.ConsumerConfig{
			Name: "spy" + strconv.Itoa(i), AckPolicy: js.AckExplicitPolicy, HeadersOnly: true, DeliverPolicy: js.DeliverAllPolicy,
			DeliverSubject: "$JS.API.CONSUMER.MSG.NEXT.default-queue." + guess,
		})
		require.NoError(t, err, "it is not this that keeps the message")
	}
	for _, forbidden := range []string{"CONSUMER.NAMES.default-queue", "CONSUMER.LIST.default-queue", "STREAM.INFO.default-timer"} {
		_, err := g.login(t, "viewer").Request("$JS.API."+forbidden, nil, time.Second)
		require.Error(t, err, "%s tells names, or how they are made", forbidden)
	}
	ran := make(chan int, 1)
	s, err = g.hub.Consume(t.Context(), "q", 1, func(d history.QueueDelivery) { ran <- d.Attempt; _ = d.Ack() })
	require.NoError(t, err)
	defer s.Stop()
	select {
	case attempt := <-ran:
		require.Equal(t, 1, attempt)
	case <-time.After(patience):
		require.FailNow(t, "the message is not delivered")
	}
}
