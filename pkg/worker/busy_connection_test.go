package worker_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// firstIsSlow dials connections of which the first can be made slow.
type firstIsSlow struct {
	dialed atomic.Bool
	slow   atomic.Bool
}

func (d *firstIsSlow) Dial(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address)
	if err != nil || d.dialed.Swap(true) {
		return conn, err
	}
	return &slowConn{conn, &d.slow}, nil
}

// slowConn reads 25 kB a second while it is slow.
type slowConn struct {
	net.Conn
	slow *atomic.Bool
}

func (c *slowConn) Read(p []byte) (int, error) {
	if !c.slow.Load() {
		return c.Conn.Read(p)
	}
	n, err := c.Conn.Read(p[:min(len(p), 1000)])
	<-time.After(time.Duration(n) * time.Second / 25_000)
	return n, err
}

// A worker whose connection is so busy that every answer on it comes later than a lease
// lasts renews its leases in time.
func TestLeasesBesideABusyConnection(t *testing.T) {
	t.Parallel()
	const ttl = 3 * time.Second
	s := natstest.StartWith(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir()})
	dialer := &firstIsSlow{}
	busy, err := nats.Connect(s.ClientURL(), nats.SetCustomDialer(dialer))
	require.NoError(t, err)
	t.Cleanup(busy.Close)
	log := &testenv.Log{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	hub := natstest.OpenWith(t, busy, jetstream.Config{Logger: logger, LeaseTTL: ttl})
	fixture := newFixture(t, hub, func(r *orchestration.Registry) { waitFor(r, "E") })
	w, err := worker.New(hub, fixture.registry, worker.Config{Logger: logger, DrainTimeout: time.Millisecond})
	require.NoError(t, err)
	testenv.Background(t, w.Run)
	requireAllHeld(fixture.ctx, t, natstest.Open(t, natstest.Connect(t, s)))

	_, err = busy.Subscribe("noise", func(*nats.Msg) {})
	require.NoError(t, err)
	require.NoError(t, busy.Flush())
	dialer.slow.Store(true)
	loud := natstest.Connect(t, s)
	for range 200 {
		require.NoError(t, loud.Publish("noise", make([]byte, 1000)))
	}
	require.NoError(t, loud.Flush())
	begun := time.Now()
	require.NoError(t, busy.FlushWithContext(fixture.ctx))
	require.Greater(t, time.Since(begun), 2*ttl, "the connection is not busy")
	dialer.slow.Store(false)
	said := log.Take()
	require.NotContains(t, said, "lease ran out")
	require.NotContains(t, said, "renew lease")
}

// requireAllHeld waits until all partitions are held.
func requireAllHeld(ctx context.Context, t *testing.T, hub *jetstream.Hub) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	leases, err := hub.WatchLeases(ctx)
	require.NoError(t, err)
	for held := range leases {
		partitions := 0
		for lease := range held {
			if strings.HasPrefix(lease, "partition.") {
				partitions++
			}
		}
		if partitions == hub.Partitions() {
			return
		}
	}
	require.FailNow(t, "not all partitions are held")
}
