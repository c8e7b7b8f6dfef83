package jetstream_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

const (
	maxWait = 30 * time.Second
	soon    = 5 * time.Millisecond
)

var openers = []func(context.Context, *nats.Conn, jetstream.Config) (*jetstream.Hub, error){
	jetstream.Open, jetstream.OpenExisting,
}

func mustJetStream(t testing.TB, nc *nats.Conn) js.JetStream {
	t.Helper()
	client, err := js.New(nc)
	require.NoError(t, err)
	return client
}

func setMetadata(t testing.TB, client js.JetStream, stream string, metadata map[string]string) {
	t.Helper()
	s, err := client.Stream(t.Context(), stream)
	require.NoError(t, err)
	config := s.CachedInfo().Config
	config.Metadata = metadata
	_, err = client.UpdateStream(t.Context(), config)
	require.NoError(t, err)
}

func value(execution string) *record.InstanceRecord {
	return &record.InstanceRecord{Name: "Budget", Execution: execution, Status: history.Running, Created: time.Now().UTC()}
}

func raise(instance, event string) hub.Message {
	return hub.Message{Instance: instance, Verb: hub.VerbRaise, Arg: event}
}

// inbox collects what the sessions of a hub deliver.
type inbox struct {
	sessions []hub.Session
	mu       sync.Mutex
	all      []hub.Delivery
}

func openAll(t testing.TB, hub *jetstream.Hub) *inbox {
	t.Helper()
	b := &inbox{}
	for partition := range hub.Partitions() {
		s, err := hub.Open(t.Context(), partition, b.deliver)
		require.NoError(t, err)
		t.Cleanup(s.Stop)
		b.sessions = append(b.sessions, s)
	}
	return b
}

func (b *inbox) deliver(d hub.Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, d)
}

func (b *inbox) stop() {
	for _, s := range b.sessions {
		s.Stop()
	}
}

func (b *inbox) deliveries() []hub.Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]hub.Delivery(nil), b.all...)
}

func (b *inbox) await(t testing.TB, count int) []hub.Delivery {
	t.Helper()
	require.Eventually(t, func() bool { return len(b.deliveries()) >= count }, maxWait, soon,
		"there are %d deliveries", len(b.deliveries()))
	return b.deliveries()
}

func (b *inbox) seqs() []uint64 {
	var numbers []uint64
	for _, d := range b.deliveries() {
		numbers = append(numbers, d.Seq)
	}
	return numbers
}

func post(t testing.TB, hub *jetstream.Hub, instance string, count int) []uint64 {
	t.Helper()
	var numbers []uint64
	for n := range count {
		seq, err := hub.Post(t.Context(), raise(instance, fmt.Sprint(n)))
		require.NoError(t, err)
		numbers = append(numbers, seq)
	}
	return numbers
}

// awaitEnd waits until the session has ended by itself and returns why.
func awaitEnd(t testing.TB, s hub.Session) error {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(maxWait):
		require.FailNow(t, "the session does not end")
	}
	return s.Err()
}

// awaitStored waits until a stream has so many messages.
func awaitStored(t testing.TB, nc *nats.Conn, stream string, count uint64) {
	t.Helper()
	client := mustJetStream(t, nc)
	require.Eventually(t, func() bool {
		s, err := client.Stream(t.Context(), stream)
		return err == nil && s.CachedInfo().State.Msgs == count
	}, maxWait, soon, "stream %s never has %d messages", stream, count)
}
