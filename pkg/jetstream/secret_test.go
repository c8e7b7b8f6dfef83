package jetstream_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// secretSubject is where the secret of the hub "default" is kept.
const secretSubject = "$KV.default-fleet./secret.ids"

func secretOf(t *testing.T, nc *nats.Conn) string {
	t.Helper()
	fleet, err := mustJetStream(t, nc).Stream(t.Context(), "KV_default-fleet")
	require.NoError(t, err)
	m, err := fleet.GetLastMsgForSubject(t.Context(), secretSubject)
	require.NoError(t, err)
	return string(m.Data)
}

func forgetSecret(t *testing.T, nc *nats.Conn) {
	t.Helper()
	fleet, err := mustJetStream(t, nc).Stream(t.Context(), "KV_default-fleet")
	require.NoError(t, err)
	require.NoError(t, fleet.Purge(t.Context(), js.WithPurgeSubject(secretSubject)))
}

// makeOlder makes the hub as a version of Dormouse left it that kept the secret in the
// metadata of the timer stream.
func makeOlder(t *testing.T, nc *nats.Conn, secret string) {
	t.Helper()
	forgetSecret(t, nc)
	setMetadata(t, mustJetStream(t, nc), "default-timer", map[string]string{"dormouse-salt": secret, "mine": "kept"})
}

// monitored is all that the monitoring port says of streams and consumers.
func monitored(t *testing.T, s *server.Server) string {
	t.Helper()
	info, err := s.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true, Config: true, DirectConsumer: true})
	require.NoError(t, err)
	text, err := json.Marshal(info)
	require.NoError(t, err)
	require.Contains(t, string(text), "default-timer")
	return string(text)
}

// Monitoring shows the metadata of streams to whoever reaches its port.
func TestMonitoringDoesNotShowTheSecret(t *testing.T) {
	t.Parallel()
	s, nc, _ := natstest.New(t)
	require.Greater(t, len(secretOf(t, nc)), 20)
	require.NotContains(t, monitored(t, s), secretOf(t, nc))
	makeOlder(t, nc, "OLD-SECRET")
	require.Contains(t, monitored(t, s), "OLD-SECRET")
	_, err := natstest.Open(t, nc).WatchLeases(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !strings.Contains(monitored(t, s), "OLD-SECRET") }, maxWait, soon)
	require.Contains(t, monitored(t, s), `"mine":"kept"`)
	require.Equal(t, "OLD-SECRET", secretOf(t, nc))
}

// A worker of an older version that is started again reads the secret from the metadata.
// Without it the partitions that fall to it would stand still.
func TestOldSecretStaysWhileOlderWorkersRun(t *testing.T) {
	t.Parallel()
	s, nc, _ := natstest.New(t)
	makeOlder(t, nc, "OLD-SECRET")
	older := nats.NewMsg("$KV.default-fleet.worker=2Eold")
	older.Header.Set("Nats-TTL", "60s")
	_, err := nc.RequestMsg(older, maxWait)
	require.NoError(t, err)
	hub := natstest.Open(t, nc)
	states, err := hub.WatchLeases(t.Context())
	require.NoError(t, err)
	awaitLease := func(lease string, want bool) {
		for state := range states {
			if _, is := state[lease]; is == want {
				return
			}
		}
	}
	awaitLease("worker.old", true)
	_, err = hub.Acquire(t.Context(), "worker.new", "new")
	require.NoError(t, err)
	awaitLease("worker.new", true)
	require.Contains(t, monitored(t, s), "OLD-SECRET")

	older.Header.Set("KV-Operation", "DEL")
	_, err = nc.RequestMsg(older, maxWait)
	require.NoError(t, err)
	awaitLease("worker.old", false)
	require.Eventually(t, func() bool { return !strings.Contains(monitored(t, s), "OLD-SECRET") }, maxWait, soon)
}

// The secret of an older hub stays the same when it is moved, whoever of many workers does
// that: otherwise ids and names of consumers would be others.
func TestSecretOfOlderHubIsKept(t *testing.T) {
	t.Parallel()
	s, nc, before := natstest.New(t)
	session, err := before.Open(t.Context(), 3, func(hub.Delivery) {})
	require.NoError(t, err)
	session.Stop()
	secret, consumer := secretOf(t, nc), consumerOf(t, nc, "default-control", "partition-3")
	makeOlder(t, nc, secret)

	hubs, errs := make([]*jetstream.Hub, 8), make([]error, 8)
	var opening sync.WaitGroup
	for i := range hubs {
		connection := natstest.Connect(t, s)
		opening.Go(func() { hubs[i], errs[i] = jetstream.Open(t.Context(), connection, jetstream.Config{}) })
	}
	opening.Wait()
	require.Equal(t, secret, secretOf(t, nc))
	for i, h := range append(hubs, before) {
		require.NoError(t, append(errs, nil)[i])
		session, err := h.Open(t.Context(), 3, func(hub.Delivery) {})
		require.NoError(t, err)
		session.Stop()
		require.Equal(t, consumer, consumerOf(t, nc, "default-control", "partition-3"))
	}
}

// Workers that open a new hub at the same time have one secret.
func TestWorkersAgreeOnOneSecret(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	var opening sync.WaitGroup
	hubs, errs := make([]*jetstream.Hub, 8), make([]error, 8)
	for i := range hubs {
		nc := natstest.Connect(t, s)
		opening.Go(func() { hubs[i], errs[i] = jetstream.Open(t.Context(), nc, jetstream.Config{}) })
	}
	opening.Wait()
	for i, h := range hubs {
		require.NoError(t, errs[i])
		session, err := h.Open(t.Context(), 0, func(hub.Delivery) {})
		require.NoError(t, err)
		session.Stop()
	}
	control, err := mustJetStream(t, natstest.Connect(t, s)).Stream(t.Context(), "default-control")
	require.NoError(t, err)
	require.Equal(t, 1, control.CachedInfo().State.Consumers)
}

// A worker of an older version does not find the secret, and names its consumers by none.
// They must neither keep others from working, nor be overlooked.
func TestConsumersOfAnotherSecretAreRemoved(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	log := &testenv.Log{}
	h := natstest.OpenWith(t, nc, jetstream.Config{Logger: slog.New(slog.NewTextHandler(log, nil))})
	const none = "-0123456789abcdef"
	client := mustJetStream(t, nc)
	rivals := [][3]string{
		{"default-control", "partition-0", "default.control.0.>"}, {"default-timer", "due", "default.due.>"},
		{"default-activity", "Act", "default.activity.Act.>"}, {"default-queue", "q", "default.queue.q"},
	}
	for _, r := range rivals {
		_, err := client.CreateConsumer(t.Context(), r[0], js.ConsumerConfig{
			Durable: r[1] + none, FilterSubject: r[2], AckPolicy: js.AckExplicitPolicy,
		})
		require.NoError(t, err)
	}
	_, err := h.Post(t.Context(), hub.Message{Instance: "i", Verb: hub.VerbSuspend})
	require.NoError(t, err)
	_, err = h.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q"})
	require.NoError(t, err)

	b := openAll(t, h)
	b.await(t, 1)
	queue := make(chan string, 1)
	consuming, err := h.Consume(t.Context(), "q", 1, func(d hub.QueueDelivery) { queue <- d.Queue; _ = d.Ack() })
	require.NoError(t, err)
	defer consuming.Stop()
	require.Equal(t, "q", <-queue)
	working, err := h.Work(t.Context(), "Act", 1, func(hub.ActivityDelivery) {})
	require.NoError(t, err)
	defer working.Stop()
	for _, r := range rivals {
		require.Contains(t, log.String(), r[1]+none)
		require.NotContains(t, consumerOf(t, nc, r[0], r[1]), none)
		_, err := client.CreateConsumer(t.Context(), r[0], js.ConsumerConfig{Durable: r[1] + none, FilterSubject: r[2]})
		require.Error(t, err, "the worker of the older version is refused, and says so")
	}
	require.Equal(t, len(rivals), strings.Count(log.String(), "a worker of an older version is running"))
}

// A worker whose secret is not the hub's any more does not remove what others work with.
func TestWorkerNoticesThatTheSecretWasReplaced(t *testing.T) {
	t.Parallel()
	_, nc, first := natstest.New(t)
	forgetSecret(t, nc)
	second := natstest.Open(t, nc)
	session, err := first.Open(t.Context(), 0, func(hub.Delivery) {})
	require.NoError(t, err, "nobody has said otherwise yet")
	defer session.Stop()

	other, err := second.Open(t.Context(), 0, func(hub.Delivery) {})
	require.NoError(t, err)
	defer other.Stop()
	require.Error(t, awaitEnd(t, session))
	_, err = first.Open(t.Context(), 0, func(hub.Delivery) {})
	require.ErrorIs(t, err, jetstream.ErrSecretChanged)
	require.NoError(t, other.Err())
}
