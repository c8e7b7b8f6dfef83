package jetstream_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// guarded is a server that lets its users do what deploy/nats/accounts.conf says.
type guarded struct {
	*server.Server
}

// setPasswords is what whoever runs the server puts into the environment.
var setPasswords = sync.OnceFunc(func() {
	for _, user := range []string{"WORKER", "OPERATOR", "VIEWER", "PUBLISHER", "STARTER"} {
		os.Setenv("DORMOUSE_"+user+"_PASSWORD", "secret") //nolint:usetesting // for all tests that run at a time
	}
})

// startGuarded runs the very configuration that is for use, but for where it listens
// and stores.
func startGuarded(t *testing.T) guarded {
	t.Helper()
	options := secureOptions(t, filepath.Join("..", "..", "deploy", "nats"))
	options.DontListen = true
	return guarded{natstest.StartWith(t, options)}
}

// startGuardedOn is startGuarded, where programs can reach it.
func startGuardedOn(t *testing.T) guarded {
	t.Helper()
	return guarded{natstest.StartWith(t, secureOptions(t, filepath.Join("..", "..", "deploy", "nats")))}
}

func secureOptions(t *testing.T, dir string) *server.Options {
	t.Helper()
	setPasswords()
	options, err := server.ProcessConfigFile(filepath.Join(dir, "secure.conf"))
	require.NoError(t, err)
	options.StoreDir, options.Port = t.TempDir(), server.RANDOM_PORT
	return options
}

// account is the connection of one user, and what the server has forbidden it.
type account struct {
	*nats.Conn
	mu        sync.Mutex
	forbidden []string
}

func (g guarded) login(t *testing.T, user string) *account {
	t.Helper()
	a := &account{}
	var err error
	a.Conn, err = nats.Connect("", nats.InProcessServer(g.Server), nats.UserInfo(user, "secret"),
		nats.CustomInboxPrefix("_INBOX."+user),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if errors.Is(err, nats.ErrPermissionViolation) {
				a.forbidden = append(a.forbidden, err.Error())
			}
		}))
	require.NoError(t, err)
	t.Cleanup(a.Close)
	return a
}

func (a *account) refusals() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.forbidden...)
}

// Every user can do all that it has to, with the configuration that is for use.
func TestRolesCanDoTheirWork(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	users := map[string]*account{}
	for _, user := range []string{"worker", "operator", "viewer", "publisher", "starter"} {
		users[user] = g.login(t, user)
	}
	ctx, cancel := context.WithTimeout(t.Context(), maxWait)
	defer cancel()
	worker := natstest.OpenWith(t, users["worker"].Conn, jetstream.Config{Partitions: 1})
	operator, err := jetstream.OpenExisting(ctx, users["operator"].Conn, jetstream.Config{})
	require.NoError(t, err)
	viewer, err := jetstream.OpenExisting(ctx, users["viewer"].Conn, jetstream.Config{})
	require.NoError(t, err)

	workAsWorker(ctx, t, worker)
	b := openAll(t, worker)
	askAsOperator(ctx, t, operator, worker, b)
	lookAsViewer(ctx, t, viewer)
	lookAsViewer(ctx, t, operator)
	useQueuesAsOperator(ctx, t, operator, worker, viewer)
	removeAsOperator(ctx, t, operator)
	sayPlainly(t, users["publisher"], worker, b, "default.to.i.raise.E")
	sayPlainly(t, users["starter"], worker, b, "default.to.i.raise.E")
	sayPlainly(t, users["starter"], worker, b, "default.to.j.start.Budget")
	for user, a := range users {
		require.Empty(t, a.refusals(), user)
	}
}

// workAsWorker uses what of a hub only workers do.
func workAsWorker(ctx context.Context, t *testing.T, h *jetstream.Hub) {
	t.Helper()
	require.NoError(t, h.Register(ctx, []string{"Budget"}))
	lease, err := h.Acquire(ctx, "l", "me")
	require.NoError(t, err)
	lease, err = h.Renew(ctx, "l", "me", lease)
	require.NoError(t, err)
	require.NoError(t, h.Release(ctx, "l", lease))
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err = h.WatchLeases(watching)
	require.NoError(t, err)

	require.NoError(t, h.WriteSegment(ctx, "w", "e.1.1", []byte("x")))
	require.NoError(t, h.DropSegments(ctx, "w", []string{"e.1.1"}))
	revision, err := h.Commit(ctx, "w", value("e"), 0)
	require.NoError(t, err)
	settled, err := h.Settled(ctx, "w", 1)
	require.NoError(t, err)
	require.True(t, settled)
	require.NoError(t, h.Purge(ctx, "w", revision))
	_, err = h.Retention(ctx)
	require.NoError(t, err)
	require.NoError(t, h.Scan(ctx, 0, func(history.Summary) bool { return true }))

	done := make(chan error, 2)
	s, err := h.Work(ctx, "Act", 1, func(d hub.ActivityDelivery) {
		done <- errors.Join(d.KeepAlive(), d.Ack())
	})
	require.NoError(t, err)
	defer s.Stop()
	timer := &hub.Timer{Instance: "w", Execution: "e", Task: 2, At: time.Now().Add(time.Hour)}
	told := raise("w", "E")
	told.ID = "e/3"
	require.NoError(t, h.Send(ctx, []hub.Command{run(1), {Set: timer}, {Tell: &told}}))
	require.NoError(t, h.Send(ctx, []hub.Command{{Cancel: timer}}))
	require.NoError(t, <-done)
	_, err = h.Post(ctx, hub.Message{Instance: "w", Verb: hub.VerbCompleted, Arg: "1", Execution: "e"})
	require.NoError(t, err)
}

// askAsOperator says to instances all that a client can say, and sees that it arrives.
func askAsOperator(ctx context.Context, t *testing.T, client, worker *jetstream.Hub, b *inbox) {
	t.Helper()
	b.await(t, 2)
	_, err := client.Start(ctx, hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e"}, value("e"))
	require.NoError(t, err)
	replacing := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "f", Replaces: hub.AnyAtAll}
	_, err = client.Post(ctx, replacing)
	require.NoError(t, err)
	said := []hub.Verb{hub.VerbSuspend, hub.VerbResume, hub.VerbTerminate, hub.VerbRewind}
	for _, verb := range said {
		_, err := client.Post(ctx, hub.Message{Instance: "i", Verb: verb})
		require.NoError(t, err)
	}
	_, outcomes, err := client.Ask(ctx, raise("i", "E"))
	require.NoError(t, err)
	all := b.await(t, 2+2+len(said)+1)
	require.NoError(t, worker.Reply(ctx, all[len(all)-1].Receipt, history.Delivered))
	require.Equal(t, history.Delivered, <-outcomes)
	all[0].Reject("to be rejected")
	for _, d := range all[1:] {
		d.Ack()
	}
}

// lookAsViewer reads all that can be read.
func lookAsViewer(ctx context.Context, t *testing.T, h *jetstream.Hub) {
	t.Helper()
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := h.Watch(watching, "i")
	require.NoError(t, err)
	<-changes
	v, _, err := h.Load(ctx, "i")
	require.NoError(t, err)
	require.NotNil(t, v)
	_, err = h.ReadSegments(ctx, "i", []string{"e.1.1"})
	require.ErrorIs(t, err, hub.ErrNotFound)
	names, err := h.Registered(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"Budget"}, names)
	_, err = h.Retention(ctx)
	require.NoError(t, err)
	listed := 0
	require.NoError(t, h.Scan(ctx, 0, func(history.Summary) bool { listed++; return true }))
	require.Equal(t, 1, listed)
}

// removeAsOperator does what of a client's work changes what is stored.
func removeAsOperator(ctx context.Context, t *testing.T, hub *jetstream.Hub) {
	t.Helper()
	require.NoError(t, hub.SetRetention(ctx, time.Hour))
	d, err := hub.Retention(ctx)
	require.NoError(t, err)
	require.Equal(t, time.Hour, d)
	_, err = hub.Settled(ctx, "i", 100)
	require.NoError(t, err)
	_, revision, err := hub.LoadLatest(ctx, "i")
	require.NoError(t, err)
	require.NoError(t, hub.Purge(ctx, "i", revision))
}

// useQueuesAsOperator does all that a client does with a queue.
func useQueuesAsOperator(ctx context.Context, t *testing.T, operator, worker, viewer *jetstream.Hub) {
	t.Helper()
	s, err := worker.Consume(ctx, "q", 1, func(d hub.QueueDelivery) { _ = d.Reject("bad", 1) })
	require.NoError(t, err)
	for range 2 {
		_, err := operator.SendToQueue(ctx, hub.QueueMessage{Queue: "q", Data: []byte("x")})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		poisoned, err := viewer.PeekQueue(ctx, "q", true, 0, 10)
		return err == nil && len(poisoned) == 2
	}, maxWait, soon)
	s.Stop()
	states, err := viewer.QueueStates(ctx)
	require.NoError(t, err)
	require.Len(t, states, 1)
	poisoned, err := operator.PeekQueue(ctx, "q", true, 0, 10)
	require.NoError(t, err)
	moved, err := operator.RedriveQueue(ctx, "q", []uint64{poisoned[0].Seq})
	require.NoError(t, err)
	require.Equal(t, 1, moved)
	for _, poison := range []bool{false, true} {
		removed, err := operator.PurgeQueue(ctx, "q", poison, nil)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
	}
}

// sayPlainly sends a message as a publisher without library does, and gets the
// acknowledgement and the receipt.
func sayPlainly(t *testing.T, a *account, worker *jetstream.Hub, b *inbox, subject string) {
	t.Helper()
	before := len(b.deliveries())
	receipts, err := a.SubscribeSync("_INBOX." + a.Opts.User + ".receipt")
	require.NoError(t, err)
	m := nats.NewMsg(subject)
	m.Header.Set("Dormouse-Event-Id", "id-1")
	m.Header.Set("Dormouse-Receipt", receipts.Subject)
	answer, err := a.RequestMsg(m, maxWait)
	require.NoError(t, err)
	require.Contains(t, string(answer.Data), `"seq"`)
	got := b.await(t, before+1)[before]
	require.NoError(t, worker.Reply(t.Context(), got.Receipt, history.Buffered))
	receipt, err := receipts.NextMsg(maxWait)
	require.NoError(t, err)
	require.Equal(t, "buffered", string(receipt.Data))
	require.NoError(t, receipts.Unsubscribe())
}
