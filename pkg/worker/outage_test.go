package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
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

// outage is a server that can be stopped, with a worker and a client on it, each with a
// connection of its own.
type outage struct {
	*fixture
	server  *server.Server
	options server.Options
	nc      *nats.Conn
	worker  *worker.Worker
	log     *testenv.Log
	done    chan error
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	return newOutageWith(t, server.Options{})
}

func newOutageWith(t *testing.T, options server.Options) *outage {
	t.Helper()
	return newOutageOf(t, options, 2*time.Second)
}

func newOutageOf(t *testing.T, options server.Options, leaseTTL time.Duration) *outage {
	t.Helper()
	host, port, err := net.SplitHostPort(natstest.FreeAddress(t))
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	options.Host, options.Port, options.JetStream, options.StoreDir = host, number, true, t.TempDir()
	o := &outage{options: options, log: &testenv.Log{}}
	o.begin(t)
	logger := slog.New(slog.NewTextHandler(o.log, nil))
	connect := func(logger *slog.Logger) *nats.Conn {
		nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: o.server.ClientURL(), Logger: logger})
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		return nc
	}
	o.nc = connect(logger)
	hub := natstest.OpenWith(t, o.nc, jetstream.Config{Logger: logger, LeaseTTL: leaseTTL})
	o.fixture = newFixture(t, hub, func(r *orchestration.Registry) { waitFor(r, "E") })
	o.worker, err = worker.New(hub, o.registry, worker.Config{Logger: logger})
	require.NoError(t, err)
	o.done = make(chan error, 1)
	testenv.Background(t, func(ctx context.Context) error {
		o.done <- o.worker.Run(ctx)
		return nil
	})
	o.client = client.New(natstest.OpenWith(t, connect(quiet()), jetstream.Config{}))
	return o
}

func (o *outage) begin(t *testing.T) {
	t.Helper()
	options := o.options
	o.server = natstest.StartWith(t, &options)
}

// waitFor registers an orchestrator that waits for an event and for ever again.
func waitFor(r *orchestration.Registry, event string) {
	r.Add(orchestration.Orchestrator("Waiter", func(ctx *orchestration.Context, _ any) (any, error) {
		return orchestration.Event[any](event).Wait(ctx).Await()
	}))
}

// takeLines returns the lines that were written since the log was taken last.
func takeLines(log *testenv.Log) []string {
	text := strings.TrimSpace(log.Take())
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// A worker works as soon as the server is back, and says little of an interruption.
func TestServerIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	o.start("Waiter", nil, "before")
	o.waits("before", "E")
	takeLines(o.log)

	o.server.Shutdown()
	o.server.WaitForShutdown()
	// So long that leases have run out, and that pauses which double would be long.
	<-time.After(8 * time.Second)
	require.ErrorIs(t, o.worker.Health(), jetstream.ErrNotConnected)
	o.begin(t)
	require.Eventually(t, o.nc.IsConnected, patience, time.Millisecond)
	back := time.Now()
	require.Eventually(t, func() bool { return o.client.Raise(o.ctx, "before", "E", nil) == nil }, patience, 10*time.Millisecond)
	o.ends("before")
	took := time.Since(back)
	said := takeLines(o.log)
	t.Logf("worked again after %v; %d lines:\n%s", took, len(said), strings.Join(said, "\n"))
	limit := 1500 * time.Millisecond
	if testenv.Race {
		limit *= 4
	}
	require.Less(t, took, limit)
	require.LessOrEqual(t, len(said), 6)
	require.Eventually(t, func() bool { return o.worker.Health() == nil }, patience, 10*time.Millisecond)
}

// The hub is lost, whole or in part, while a worker runs: the worker ends and says why, and the
// next one makes the hub anew.
func TestHubIsRemoved(t *testing.T) {
	t.Parallel()
	for name, streams := range map[string][]string{
		"whole":      {"default-control", "default-timer", "KV_default", "default-activity", "default-queue", "KV_default-fleet", "default-dead"},
		"leases":     {"KV_default-fleet"},
		"instances":  {"KV_default"},
		"control":    {"default-control"},
		"timers":     {"default-timer"},
		"activities": {"default-activity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutage(t)
			o.start("Waiter", nil, "i")
			o.waits("i", "E")
			client, err := js.New(o.nc)
			require.NoError(t, err)
			for _, stream := range streams {
				require.NoError(t, client.DeleteStream(o.ctx, stream))
			}
			select {
			case err := <-o.done:
				require.ErrorIs(t, err, worker.ErrHubLost)
				require.ErrorContains(t, err, "was removed")
			case <-o.ctx.Done():
				require.FailNow(t, "the worker goes on", "%s", takeLines(o.log))
			}
			said := takeLines(o.log)
			require.LessOrEqual(t, len(said), 25, "%s", strings.Join(said, "\n"))

			hub := natstest.OpenWith(t, o.nc, jetstream.Config{})
			again := newFixture(t, hub, func(r *orchestration.Registry) { waitFor(r, "E") })
			again.work()
			again.start("Waiter", nil, "j")
			again.waits("j", "E")
		})
	}
}

// A worker that ends because the hub is gone gives no lease back there, one after the other,
// and does not take the time that this needs for activities that do not end.
func TestHubIsRemovedWithTheLeases(t *testing.T) {
	t.Parallel()
	o := newOutageOf(t, server.Options{}, time.Minute)
	o.start("Waiter", nil, "i")
	o.waits("i", "E")
	client, err := js.New(o.nc)
	require.NoError(t, err)
	for _, stream := range []string{"KV_default-fleet", "default-control"} {
		require.NoError(t, client.DeleteStream(o.ctx, stream))
	}
	select {
	case err := <-o.done:
		require.ErrorIs(t, err, worker.ErrHubLost)
	case <-o.ctx.Done():
		require.FailNow(t, "the worker goes on", "%s", takeLines(o.log))
	}
	require.NotContains(t, o.log.Take(), "left behind", "no activity is at work")
}

// The server has no room left: the worker says so once, clients are told, and all goes on
// when there is room again.
func TestStorageIsFull(t *testing.T) {
	t.Parallel()
	o := newOutageWith(t, server.Options{JetStreamMaxStore: 8 << 20})
	o.start("Waiter", nil, "before")
	o.waits("before", "E")
	takeLines(o.log)
	c, err := js.New(o.nc)
	require.NoError(t, err)
	_, err = c.CreateStream(o.ctx, js.StreamConfig{Name: "filler", Subjects: []string{"filler"}})
	require.NoError(t, err)
	for size := 256 << 10; size > 0; {
		if _, err := c.Publish(o.ctx, "filler", make([]byte, size)); err != nil {
			size /= 2
		}
	}
	_, err = o.client.Start(o.ctx, "Waiter", nil)
	require.ErrorIs(t, err, jetstream.ErrStorage)
	require.ErrorContains(t, err, "storage")
	require.Eventually(t, func() bool { return errors.Is(o.worker.Health(), jetstream.ErrStorage) }, patience, 10*time.Millisecond)
	<-time.After(5 * time.Second) // for all that is said again and again
	said := takeLines(o.log)
	require.LessOrEqual(t, len(said), 6, "%s", strings.Join(said, "\n"))
	require.Contains(t, strings.Join(said, "\n"), "the storage of the NATS server is full or fails")

	require.NoError(t, c.DeleteStream(o.ctx, "filler"))
	require.Eventually(t, func() bool { return o.worker.Health() == nil }, patience, 10*time.Millisecond)
	o.raise("before", "E", "")
	o.ends("before")
}
