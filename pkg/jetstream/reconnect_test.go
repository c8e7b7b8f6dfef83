package jetstream_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// standalone is a server that can be stopped and started again.
type standalone struct {
	*server.Server
	options server.Options
}

func startStandalone(t *testing.T) (*standalone, *nats.Conn, *jetstream.Hub) {
	t.Helper()
	host, port, err := net.SplitHostPort(natstest.FreeAddress(t))
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	s := &standalone{options: server.Options{Host: host, Port: number, JetStream: true, StoreDir: t.TempDir()}}
	s.start(t)
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: s.ClientURL()})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return s, nc, natstest.OpenWith(t, nc, jetstream.Config{Partitions: 1})
}

func (s *standalone) start(t *testing.T) {
	t.Helper()
	options := s.options
	s.Server = natstest.StartWith(t, &options)
}

func (s *standalone) restart(t *testing.T, nc *nats.Conn) {
	t.Helper()
	s.Shutdown()
	s.WaitForShutdown()
	require.Eventually(t, func() bool { return !nc.IsConnected() }, maxWait, soon)
	s.start(t)
	require.Eventually(t, nc.IsConnected, maxWait, soon)
}

func TestServerRestart(t *testing.T) {
	t.Parallel()
	s, nc, h := startStandalone(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := openAll(t, h)
	want := post(t, h, "i", 3)
	b.await(t, 3)
	handed := make(chan hub.ActivityDelivery, 10)
	work, err := h.Work(ctx, "Act", 2, func(d hub.ActivityDelivery) { handed <- d })
	require.NoError(t, err)
	changes, err := h.Watch(ctx, "i")
	require.NoError(t, err)
	<-changes
	leases, err := h.WatchLeases(ctx)
	require.NoError(t, err)
	require.Empty(t, <-leases)

	s.restart(t, nc)

	require.Error(t, awaitEnd(t, b.sessions[0]))
	again := openAll(t, h)
	again.await(t, 3)
	require.Equal(t, want, again.seqs())

	<-changes // for what may have been missed
	_, err = h.Commit(ctx, "i", value("e"), 0)
	require.NoError(t, err)
	<-changes
	_, err = h.Acquire(ctx, "l", "a")
	require.NoError(t, err)
	for state := range leases {
		if state["l"] == "a" {
			break
		}
	}
	require.NoError(t, h.Send(ctx, []hub.Command{run(1)}))
	d := <-handed
	require.EqualValues(t, 1, d.Task)
	require.NoError(t, d.Ack())
	require.NoError(t, work.Err())
	work.Stop()
	require.NoError(t, work.Err())
}

func TestConnectionClosedUnderSessions(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	b := openAll(t, h)
	work, err := h.Work(t.Context(), "Act", 1, func(hub.ActivityDelivery) {})
	require.NoError(t, err)
	nc.Close()
	require.Error(t, awaitEnd(t, b.sessions[0]))
	require.Error(t, awaitEnd(t, work))
	work.Stop()
	_, err = h.Post(t.Context(), raise("i", "E"))
	require.Error(t, err)
	_, _, err = h.Load(t.Context(), "i")
	require.Error(t, err)
}

// Every way to say or ask something names an interruption as that, not in the words of
// the client library's buffer.
func TestAnInterruptionIsNotConnected(t *testing.T) {
	t.Parallel()
	s, nc, h := startStandalone(t)
	ctx := t.Context()
	held := takeActivity(t, h)
	s.Shutdown()
	s.WaitForShutdown()
	require.Eventually(t, func() bool { return !nc.IsConnected() }, maxWait, soon)

	for name, say := range map[string]func() error{
		"post":     func() error { _, err := h.Post(ctx, raise("i", "E")); return err },
		"commit":   func() error { _, err := h.Commit(ctx, "i", value("e"), 0); return err },
		"start":    func() error { _, err := h.Start(ctx, startOf("i", 0), value("e")); return err },
		"replace":  func() error { _, err := h.Start(ctx, startOf("i", 1), value("e")); return err },
		"ack":      held.Ack,
		"progress": held.KeepAlive,
		"release":  func() error { return held.Release(time.Second) },
		"load":     func() error { _, _, err := h.Load(ctx, "i"); return err },
		"latest":   func() error { _, _, err := h.LoadLatest(ctx, "i"); return err },
		"reply":    func() error { return h.Reply(ctx, "_INBOX.x", history.Delivered) },
		"ask":      func() error { _, _, err := h.Ask(ctx, raise("i", "E")); return err },
		"scan":     func() error { return h.Scan(ctx, 0, func(history.Summary) bool { return true }) },
		"purge":    func() error { return h.Purge(ctx, "i", 1) },
		"segments": func() error { return h.WriteSegment(ctx, "i", "k", []byte("x")) },
		"queue": func() error {
			_, err := h.SendToQueue(ctx, hub.QueueMessage{Queue: "q", Data: []byte("x")})
			return err
		},
	} {
		err := say()
		require.ErrorIs(t, err, jetstream.ErrNotConnected, name)
		require.NotContains(t, err.Error(), "outbound buffer", name)
	}
}

func startOf(instance string, replaces uint64) hub.Message {
	return hub.Message{Instance: instance, Verb: hub.VerbStart, Arg: "O", Execution: "e", Replaces: replaces}
}

// takeActivity returns an activity that a worker has in its hands.
func takeActivity(t *testing.T, h *jetstream.Hub) hub.ActivityDelivery {
	t.Helper()
	require.NoError(t, h.Send(t.Context(), []hub.Command{run(1)}))
	handed := make(chan hub.ActivityDelivery, 1)
	work, err := h.Work(t.Context(), "Act", 1, func(d hub.ActivityDelivery) { handed <- d })
	require.NoError(t, err)
	t.Cleanup(work.Stop)
	select {
	case held := <-handed:
		return held
	case <-time.After(maxWait):
		require.FailNow(t, "no activity was handed out")
		return hub.ActivityDelivery{}
	}
}

// Many wait while the connection breaks again and again, in the middle of what they ask.
func TestWaitingSurvivesReconnects(t *testing.T) {
	t.Parallel()
	_, nc, hub := startStandalone(t)
	c := client.New(hub)
	ctx, cancel := context.WithTimeout(t.Context(), maxWait)
	defer cancel()
	revision, err := hub.Commit(ctx, "i", value("e"), 0)
	require.NoError(t, err)
	const waiters = 60
	errs := make(chan error, waiters)
	for range waiters {
		go func() { _, err := c.Wait(ctx, "i"); errs <- err }()
	}
	commit := func(v *record.InstanceRecord) {
		require.Eventually(t, func() bool {
			_, now, err := hub.LoadLatest(ctx, "i")
			if err != nil {
				return false
			}
			soon, stop := context.WithTimeout(ctx, time.Second) // the ack may be lost
			defer stop()
			_, err = hub.Commit(soon, "i", v, now)
			return err == nil
		}, maxWait, soon)
	}
	for range 5 {
		for range 20 {
			revision, err = hub.Commit(ctx, "i", value("e"), revision)
			require.NoError(t, err)
		}
		require.NoError(t, nc.ForceReconnect())
		commit(value("e"))
		require.Eventually(t, func() bool {
			_, revision, err = hub.LoadLatest(ctx, "i")
			return err == nil
		}, maxWait, soon)
	}
	over := value("e")
	over.Status = history.Completed
	commit(over)
	for range waiters {
		require.NoError(t, <-errs)
	}
}
