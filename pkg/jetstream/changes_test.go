package jetstream_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// Waits, receipts and lists need no consumer: a stream may have 1,000.
func TestWaitersNeedNoConsumers(t *testing.T) {
	t.Parallel()
	server, nc, hub := natstest.New(t)
	subscriptions := server.NumSubscriptions()
	const waiters = 2000
	watches := make([]<-chan struct{}, waiters)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range watches {
		var err error
		watches[i], err = hub.Watch(ctx, fmt.Sprintf("i%d", i))
		require.NoError(t, err)
		<-watches[i]
	}
	require.NoError(t, hub.Scan(ctx, 0, func(history.Summary) bool { return true }))
	values, err := mustJetStream(t, nc).Stream(ctx, "KV_default")
	require.NoError(t, err)
	info, err := values.Info(ctx)
	require.NoError(t, err)
	require.Zero(t, info.State.Consumers)
	require.LessOrEqual(t, server.NumSubscriptions(), subscriptions+2, "one for all, and perhaps that for answers")
	for i, w := range watches {
		_, err := hub.Commit(ctx, fmt.Sprintf("i%d", i), value("e"), 0)
		require.NoError(t, err)
		<-w
	}
	cancel()
	for _, w := range watches {
		for range w {
		}
	}
	require.Eventually(t, func() bool { return server.NumSubscriptions() <= subscriptions+1 }, maxWait, soon)
}

// A watch whose context ends before or while it begins leaves nothing.
func TestWatchGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	server, nc, hub := natstest.New(t)
	_, _, err := hub.Load(t.Context(), "i") // what the connection needs is there from now on
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	subscriptions, goroutines := server.NumSubscriptions(), runtime.NumGoroutine()
	for n := range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		if n%2 == 0 {
			cancel()
		}
		changes, err := hub.Watch(ctx, "i")
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			continue
		}
		for range changes {
		}
	}
	require.Eventually(t, func() bool {
		return server.NumSubscriptions() <= subscriptions && runtime.NumGoroutine() <= goroutines+50 // other tests run
	}, maxWait, soon)
}

// The first change may come before the subscription has been handed to whoever made it.
func TestChangesWhileListeningBegins(t *testing.T) {
	t.Parallel()
	_, _, hub := natstest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	changing := make(chan struct{})
	go func() {
		defer close(changing)
		for revision := uint64(0); ctx.Err() == nil; {
			next, err := hub.Commit(ctx, "i", value("e"), revision)
			if err == nil {
				revision = next
			}
		}
	}()
	for range 200 {
		watched, end := context.WithCancel(ctx)
		changes, err := hub.Watch(watched, "other")
		require.NoError(t, err)
		<-changes
		end()
		for range changes {
		}
	}
	stop()
	<-changing
}

// A hub that an older version made is brought up to date by whoever opens it to work on
// it, several at a time; what else was set stays.
func TestOldHubIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	client := mustJetStream(t, nc)
	names := []string{"default-control", "default-activity", "default-queue", "default-timer", "KV_default", "KV_default-fleet"}
	for _, name := range names {
		s, err := client.Stream(t.Context(), name)
		require.NoError(t, err)
		config := s.CachedInfo().Config
		config.RePublish, config.MaxConsumers, config.MaxBytes = nil, -1, 100<<20
		if name != "KV_default" && name != "KV_default-fleet" {
			config.Discard = 0
		}
		_, err = client.UpdateStream(t.Context(), config)
		require.NoError(t, err)
	}
	opened := make(chan error)
	for range 4 {
		go func() {
			_, err := jetstream.Open(t.Context(), nc, jetstream.Config{})
			opened <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-opened)
	}
	for _, name := range names {
		s, err := client.Stream(t.Context(), name)
		require.NoError(t, err)
		config := s.CachedInfo().Config
		require.Equal(t, 10_000, config.MaxConsumers, name)
		require.EqualValues(t, 100<<20, config.MaxBytes, name)
		if name != "default-timer" { // with schedules the server has no such policy
			require.Equal(t, "DiscardNew", config.Discard.String(), name)
		}
		require.Equal(t, name == "KV_default", config.RePublish != nil, name)
	}
}

// An account that allows fewer consumers a stream than a hub would like is none the worse.
func TestAccountWithFewConsumers(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	limitAccount(t, s, func(l *server.JetStreamAccountLimits) { l.MaxConsumers = 100 })
	nc := natstest.Connect(t, s)
	for range 2 {
		_, err := jetstream.Open(t.Context(), nc, jetstream.Config{})
		require.NoError(t, err)
	}
}

// A watch of all instances takes no consumer, and leaves nothing when it ends.
func TestWatchOfAllLeavesNothing(t *testing.T) {
	t.Parallel()
	server, nc, hub := natstest.New(t)
	_, _, err := hub.Load(t.Context(), "i") // what the connection needs is there from now on
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	subscriptions := server.NumSubscriptions()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes, err := hub.WatchAll(ctx)
	require.NoError(t, err)
	<-changes
	require.NoError(t, hub.WriteSegment(ctx, "i", "e.1.1", []byte("sealed")))
	_, err = hub.Commit(ctx, "i", value("e"), 0)
	require.NoError(t, err)
	<-changes
	values, err := mustJetStream(t, nc).Stream(ctx, "KV_default")
	require.NoError(t, err)
	info, err := values.Info(ctx)
	require.NoError(t, err)
	require.Zero(t, info.State.Consumers)
	require.Equal(t, subscriptions+1, server.NumSubscriptions())
	cancel()
	for range changes {
	}
	require.Eventually(t, func() bool { return server.NumSubscriptions() <= subscriptions }, maxWait, soon)
}

// A watch in another account is told too.
func TestViewerHearsOfChanges(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	for _, user := range []string{"viewer", "operator"} {
		hub, err := jetstream.OpenExisting(t.Context(), g.login(t, user).Conn, jetstream.Config{})
		require.NoError(t, err)
		changes, err := hub.Watch(t.Context(), user)
		require.NoError(t, err)
		<-changes
		_, err = g.hub.Commit(t.Context(), user, value("e"), 0)
		require.NoError(t, err)
		<-changes
	}
}

// A user that may not listen is told so, and does not wait for ever.
func TestWatchWithoutTheRightToListen(t *testing.T) {
	t.Parallel()
	s := natstest.StartWith(t, &server.Options{
		DontListen: true, JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{{Username: "all", Password: "x"}, {Username: "deaf", Password: "x", Permissions: &server.Permissions{
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}}},
	})
	natstest.Open(t, loginAs(t, s, "all"))
	hub, err := jetstream.OpenExisting(t.Context(), loginAs(t, s, "deaf"), jetstream.Config{})
	require.NoError(t, err)
	_, err = hub.Watch(t.Context(), "i")
	require.ErrorContains(t, err, "this login may not listen for changes")
}

// loginAs logs in as a user whose password is x.
func loginAs(t *testing.T, s *server.Server, user string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo(user, "x"), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// limitAccount sets what the account of a server's clients may have.
func limitAccount(t *testing.T, s *server.Server, set func(*server.JetStreamAccountLimits)) {
	t.Helper()
	limits := server.JetStreamAccountLimits{MaxMemory: -1, MaxStore: -1, MaxStreams: -1, MaxConsumers: -1, MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1}
	set(&limits)
	require.NoError(t, s.GlobalAccount().UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": limits}))
}

// A hub that is as it should be is not touched.
func TestHubThatIsUpToDateIsLeftAlone(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	updates, err := nc.SubscribeSync("$JS.API.STREAM.UPDATE.>")
	require.NoError(t, err)
	natstest.Open(t, nc)
	require.NoError(t, nc.Flush())
	n, _, err := updates.Pending()
	require.NoError(t, err)
	require.Zero(t, n)
}

// A watch of leases has a consumer, which goes with it, be it that its context ends before
// anything was read.
func TestWatchOfLeasesGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	_, nc, hub := natstest.New(t)
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		states, err := hub.WatchLeases(ctx)
		cancel()
		require.NoError(t, err)
		for range states {
		}
	}
	fleet, err := mustJetStream(t, nc).Stream(t.Context(), "KV_default-fleet")
	require.NoError(t, err)
	info, err := fleet.Info(t.Context())
	require.NoError(t, err)
	require.Zero(t, info.State.Consumers)
}
