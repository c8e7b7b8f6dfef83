package load

import (
	"context"
	"flag"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// patience is how long what must come may take on a busy machine.
const patience = 2 * time.Minute

var full = flag.Bool("full", false, "as many as are promised, and not a tenth")

// size is how many there are: a tenth, or all of them.
func size(all int) int {
	if *full && !testenv.Race { // the race detector allows 8,000 goroutines
		return all
	}
	return all / 10
}

// fixture is a NATS server with default settings that listens, a hub on it with a worker of
// its own connection, and who asks things of it.
type fixture struct {
	*testing.T
	ctx    context.Context
	server *server.Server
	nc     *nats.Conn
	hub    *jetstream.Hub
	client *client.Client
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := &fixture{T: t, ctx: ctx}
	s.server = natstest.StartWith(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir()})
	s.work(natstest.OpenWith(t, s.connect(), jetstream.Config{}))
	s.nc = s.connect()
	var err error
	s.hub, err = jetstream.OpenExisting(ctx, s.nc, jetstream.Config{})
	require.NoError(t, err)
	s.client = client.New(s.hub)
	s.awaitPartitions()
	return s
}

// awaitPartitions waits until the worker has opened all partitions: what it needs at the
// server is there from then on.
func (s *fixture) awaitPartitions() {
	s.Helper()
	api, err := js.New(s.nc)
	require.NoError(s, err)
	require.Eventually(s, func() bool {
		control, err := api.Stream(s.ctx, "default-control")
		return err == nil && control.CachedInfo().State.Consumers == s.hub.Partitions()
	}, patience, 10*time.Millisecond)
}

func (s *fixture) connect() *nats.Conn {
	s.Helper()
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: s.server.ClientURL()})
	require.NoError(s, err)
	s.Cleanup(nc.Close)
	return nc
}

// work runs a worker with the orchestrator Gate, which waits for the event Approval, until
// the test ends.
func (s *fixture) work(hub *jetstream.Hub) {
	s.Helper()
	registry := &orchestration.Registry{Logger: slog.New(slog.DiscardHandler)}
	registry.Add(orchestration.Orchestrator("Gate", func(ctx *orchestration.Context, _ any) (bool, error) {
		return orchestration.Event[bool]("Approval").Wait(ctx).Await()
	}))
	require.NoError(s, hub.Register(s.ctx, registry.Orchestrators()))
	w, err := worker.New(hub, registry, worker.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(s, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.ctx))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	s.Cleanup(func() {
		cancel()
		require.NoError(s, <-done)
	})
}

// consumers counts those of the stream of the values, which nobody may need.
func (s *fixture) consumers() int {
	s.Helper()
	streams, err := s.server.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true})
	require.NoError(s, err)
	for _, stream := range streams.AccountDetails[0].Streams {
		if stream.Name == "KV_default" {
			return len(stream.Consumer)
		}
	}
	require.FailNow(s, "there is no such stream")
	return 0
}
