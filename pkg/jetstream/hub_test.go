package jetstream_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func TestOpenByMany(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	hubs := make([]*jetstream.Hub, 4)
	var opening sync.WaitGroup
	errs := make([]error, len(hubs))
	for i := range hubs {
		nc := natstest.Connect(t, s)
		opening.Go(func() {
			hubs[i], errs[i] = jetstream.Open(t.Context(), nc, jetstream.Config{Name: "h", Partitions: 3 + i})
		})
	}
	opening.Wait()
	for i := range hubs {
		require.NoError(t, errs[i])
		require.Equal(t, hubs[0].Partitions(), hubs[i].Partitions())
		require.Equal(t, "h", hubs[i].Name())
	}
	again := natstest.OpenWith(t, natstest.Connect(t, s), jetstream.Config{Name: "h", Replicas: 1})
	require.Equal(t, hubs[0].Partitions(), again.Partitions(), "a hub keeps its partitions")
}

// A hub is told from all others, also from one of the same name elsewhere or before.
func TestIdentity(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	nc := natstest.Connect(t, s)
	hub := natstest.OpenWith(t, nc, jetstream.Config{Name: "h"})
	again, err := jetstream.OpenExisting(t.Context(), natstest.Connect(t, s), jetstream.Config{Name: "h"})
	require.NoError(t, err)
	require.Equal(t, hub.Identity(), again.Identity())
	elsewhere := natstest.OpenWith(t, natstest.Connect(t, natstest.Start(t)), jetstream.Config{Name: "h"})
	require.NotEqual(t, hub.Identity(), elsewhere.Identity())
	require.NotEqual(t, hub.Identity(), natstest.OpenWith(t, nc, jetstream.Config{Name: "i"}).Identity())
}

func TestOpenDefaults(t *testing.T) {
	t.Parallel()
	_, nc, hub := natstest.New(t)
	require.Equal(t, "default", hub.Name())
	require.Equal(t, 16, hub.Partitions())
	require.Equal(t, 5*time.Second, hub.LeaseTTL())
	require.Equal(t, 10*time.Second, hub.KeepAliveInterval())
	require.Equal(t, 1<<20-8<<10, hub.MaxValue())
	require.Equal(t, hub.MaxValue()/4, hub.MaxPayload())
	rounded := natstest.OpenWith(t, nc, jetstream.Config{LeaseTTL: 1100 * time.Millisecond})
	require.Equal(t, 2*time.Second, rounded.LeaseTTL())
}

func TestOpenChecksConfig(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.Start(t))
	for _, name := range []string{"a.b", "a b", "ü", "*", "x-fleet", strings.Repeat("x", 65)} {
		_, err := jetstream.Open(t.Context(), nc, jetstream.Config{Name: name})
		require.ErrorIs(t, err, ident.ErrInvalidName, "name %q", name)
		_, err = jetstream.OpenExisting(t.Context(), nc, jetstream.Config{Name: name})
		require.ErrorIs(t, err, ident.ErrInvalidName, "name %q", name)
	}
	for _, config := range []jetstream.Config{
		{Partitions: -1}, {Partitions: 1025}, {Replicas: -1}, {Replicas: 6}, {LeaseTTL: -1}, {KeepAliveInterval: -1},
	} {
		_, err := jetstream.Open(t.Context(), nc, config)
		require.Error(t, err, "%+v", config)
	}
}

func TestOpenExisting(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	nc := natstest.Connect(t, s)
	_, err := jetstream.OpenExisting(t.Context(), nc, jetstream.Config{Name: "x"})
	require.ErrorIs(t, err, jetstream.ErrHubNotFound)
	require.EqualError(t, err, `hub "x" does not exist on this NATS server`)

	natstest.OpenWith(t, nc, jetstream.Config{Name: "x", Partitions: 5})
	hub, err := jetstream.OpenExisting(t.Context(), nc, jetstream.Config{Name: "x"})
	require.NoError(t, err)
	require.Equal(t, 5, hub.Partitions())
	v, revision, err := hub.Load(t.Context(), "nobody")
	require.NoError(t, err)
	require.Nil(t, v)
	require.Zero(t, revision)
}

func TestOpenRefusesNewerHub(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	setMetadata(t, mustJetStream(t, nc), "default-control", map[string]string{"dormouse-version": "3", "dormouse-partitions": "16"})
	for _, open := range openers {
		_, err := open(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, record.ErrNewerVersion)
		require.EqualError(t, err, `hub "default": written by a newer version of Dormouse: upgrade this program (hub format 3, this program knows 2)`)
	}
}

// A hub of format 1 keeps its timers where this program would not look for them.
func TestOpenRefusesOlderHub(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	setMetadata(t, mustJetStream(t, nc), "default-control", map[string]string{"dormouse-version": "1", "dormouse-partitions": "16"})
	for _, open := range openers {
		_, err := open(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, jetstream.ErrOlderVersion)
		require.EqualError(t, err, `hub "default": made by an older version of Dormouse: let that one finish it, and choose another hub for this one (hub format 1, this program knows 2)`)
	}
}

func TestOpenRefusesForeignStream(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.Start(t))
	client := mustJetStream(t, nc)
	_, err := client.CreateStream(t.Context(), js.StreamConfig{Name: "default-control", Subjects: []string{"mine"}})
	require.NoError(t, err)
	for _, open := range openers {
		_, err = open(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, jetstream.ErrForeignStream)
	}
	setMetadata(t, client, "default-control", map[string]string{"dormouse-version": "2", "dormouse-partitions": "many"})
	_, err = jetstream.Open(t.Context(), nc, jetstream.Config{})
	require.ErrorIs(t, err, record.ErrCorrupt)
}

func TestOpenWithoutJetStream(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.StartWith(t, &server.Options{DontListen: true}))
	for _, open := range openers {
		_, err := open(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, jetstream.ErrNoJetStream)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestOpenAfterInterruptedCreation(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	require.NoError(t, mustJetStream(t, nc).DeleteStream(t.Context(), "KV_default"))
	_, err := jetstream.OpenExisting(t.Context(), nc, jetstream.Config{})
	require.ErrorIs(t, err, jetstream.ErrHubNotFound)
	natstest.Open(t, nc)
	_, err = jetstream.OpenExisting(t.Context(), nc, jetstream.Config{})
	require.NoError(t, err)
}

func TestHubsOnOneServerAreApart(t *testing.T) {
	t.Parallel()
	_, nc, one := natstest.New(t)
	two := natstest.OpenWith(t, nc, jetstream.Config{Name: "default-2"})
	_, err := one.Commit(t.Context(), "i", value("e1"), 0)
	require.NoError(t, err)
	v, _, err := two.Load(t.Context(), "i")
	require.NoError(t, err)
	require.Nil(t, v)
	_, err = one.Acquire(t.Context(), "l", "a")
	require.NoError(t, err)
	_, err = two.Acquire(t.Context(), "l", "b")
	require.NoError(t, err)
}
