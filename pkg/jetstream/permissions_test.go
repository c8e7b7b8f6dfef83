package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// guarded is a server that lets its users do what docs/protocol.md says.
type guarded struct {
	*server.Server
}

var documented = regexp.MustCompile("(?s)```\n((?:PUBLISHER|CLIENT|WORKER) = {\n.*?\n}\n)```")

func startGuarded(t *testing.T) guarded {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "protocol.md"))
	require.NoError(t, err)
	var config strings.Builder
	blocks := documented.FindAllStringSubmatch(string(doc), -1)
	require.Len(t, blocks, 3, "docs/protocol.md has the permissions of three users")
	for _, block := range blocks {
		config.WriteString(block[1])
	}
	fmt.Fprintf(&config, "jetstream { store_dir: %q }\nauthorization { users = [\n", t.TempDir())
	for _, user := range []string{"PUBLISHER", "CLIENT", "WORKER"} {
		fmt.Fprintf(&config, "{ user: %s, password: secret, permissions: $%s }\n", user, user)
	}
	config.WriteString("] }\n")
	path := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(path, []byte(config.String()), 0o600))
	options, err := server.ProcessConfigFile(path)
	require.NoError(t, err)
	options.DontListen = true
	return guarded{natstest.StartWith(t, options)}
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

// requireForbidden checks that the server refuses to take a message on any of the
// subjects.
func (a *account) requireForbidden(t *testing.T, subjects ...string) {
	t.Helper()
	before := len(a.refusals())
	for n, subject := range subjects {
		require.NoError(t, a.Publish(subject, nil))
		require.Eventually(t, func() bool { return len(a.refusals()) == before+n+1 }, patience, soon, "%s is allowed", subject)
	}
}

// Every user can do all that it has to, with the permissions in the documentation,
// and nothing that is not its own.
func TestDocumentedPermissions(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	worker, client, publisher := g.login(t, "WORKER"), g.login(t, "CLIENT"), g.login(t, "PUBLISHER")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	workerHub := natstest.OpenWith(t, worker.Conn, jetstream.Config{Partitions: 1})
	clientHub, err := jetstream.OpenExisting(ctx, client.Conn, jetstream.Config{})
	require.NoError(t, err)

	workAsWorker(ctx, t, workerHub)
	b := openAll(t, workerHub)
	askAsClient(ctx, t, clientHub, workerHub, b)
	lookAsClient(ctx, t, clientHub)
	raiseAsPublisher(t, publisher, b)
	require.Empty(t, worker.refusals())
	require.Empty(t, client.refusals())
	require.Empty(t, publisher.refusals())

	forAllButWorkers := []string{
		"default.to.i.completed.1", "default.to.i.failed.1", "default.to.i.fired.1", "default.timer.i.e.1",
		"default.activity.Act.i.1", "default.dead.raise", "$KV.default.i.e.1.1", "$KV.default./orchestrators.Budget",
		"$KV.default-fleet.x", "$JS.API.STREAM.DELETE.default-control", "$JS.ACK.x", "_INBOX.x",
	}
	client.requireForbidden(t, forAllButWorkers...)
	publisher.requireForbidden(t, append(forAllButWorkers,
		"default.to.i.start.Budget", "default.to.i.terminate", "default.to.i.suspend", "default.to.i.resume",
		"default.to.i.rewind", "$KV.default.i", "$KV.default./retention", "$JS.API.STREAM.INFO.default-control")...)
	worker.requireForbidden(t, "other.to.i.raise.E", "$KV.other.i")
}

// workAsWorker uses what of a hub only workers do.
func workAsWorker(ctx context.Context, t *testing.T, hub *jetstream.Hub) {
	t.Helper()
	require.NoError(t, hub.Register(ctx, []string{"Budget"}))
	lease, err := hub.Acquire(ctx, "l", "me")
	require.NoError(t, err)
	lease, err = hub.Renew(ctx, "l", "me", lease)
	require.NoError(t, err)
	require.NoError(t, hub.Release(ctx, "l", lease))
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err = hub.WatchLeases(watching)
	require.NoError(t, err)

	require.NoError(t, hub.WriteSegment(ctx, "w", "e.1.1", []byte("x")))
	require.NoError(t, hub.DropSegments(ctx, "w", []string{"e.1.1"}))
	revision, err := hub.Commit(ctx, "w", value("e"), 0)
	require.NoError(t, err)
	settled, err := hub.Settled(ctx, "w", 1)
	require.NoError(t, err)
	require.True(t, settled)
	require.NoError(t, hub.Purge(ctx, "w", revision))
	_, err = hub.Retention(ctx)
	require.NoError(t, err)
	require.NoError(t, hub.Scan(ctx, 0, func(history.Summary) bool { return true }))

	done := make(chan error, 2)
	s, err := hub.Work(ctx, "Act", 1, func(d history.ActivityDelivery) {
		done <- errors.Join(d.KeepAlive(), d.Ack())
	})
	require.NoError(t, err)
	defer s.Stop()
	timer := &history.Timer{Instance: "w", Execution: "e", Task: 2, At: time.Now().Add(time.Hour)}
	told := raise("w", "E")
	told.ID = "e/3"
	require.NoError(t, hub.Do(ctx, []history.Command{run(1), {Set: timer}, {Tell: &told}}))
	require.NoError(t, hub.Do(ctx, []history.Command{{Cancel: timer}}))
	require.NoError(t, <-done)
	_, err = hub.Post(ctx, history.Message{Instance: "w", Verb: history.VerbCompleted, Arg: "1", Execution: "e"})
	require.NoError(t, err)
}

// askAsClient says to instances all that a client can say, and sees that it arrives.
func askAsClient(ctx context.Context, t *testing.T, client, worker *jetstream.Hub, b *inbox) {
	t.Helper()
	b.await(t, 2)
	require.NoError(t, client.Start(ctx, history.Message{Instance: "i", Verb: history.VerbStart, Arg: "Budget", Execution: "e"}, value("e")))
	said := []history.Verb{history.VerbSuspend, history.VerbResume, history.VerbTerminate, history.VerbRewind}
	for _, verb := range said {
		_, err := client.Post(ctx, history.Message{Instance: "i", Verb: verb})
		require.NoError(t, err)
	}
	_, outcomes, err := client.Ask(ctx, raise("i", "E"))
	require.NoError(t, err)
	all := b.await(t, 2+1+len(said)+1)
	require.NoError(t, worker.Reply(ctx, all[len(all)-1].Receipt, history.Delivered))
	require.Equal(t, history.Delivered, <-outcomes)
	all[0].Reject("to be rejected")
	for _, d := range all[1:] {
		d.Ack()
	}
}

// lookAsClient reads all that a client can read, and removes the instance.
func lookAsClient(ctx context.Context, t *testing.T, hub *jetstream.Hub) {
	t.Helper()
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := hub.Watch(watching, "i")
	require.NoError(t, err)
	<-changes
	_, _, err = hub.Load(ctx, "i")
	require.NoError(t, err)
	_, err = hub.ReadSegments(ctx, "i", []string{"e.1.1"})
	require.ErrorIs(t, err, history.ErrNotFound)
	names, err := hub.Registered(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"Budget"}, names)
	require.NoError(t, hub.SetRetention(ctx, time.Hour))
	d, err := hub.Retention(ctx)
	require.NoError(t, err)
	require.Equal(t, time.Hour, d)
	listed := 0
	require.NoError(t, hub.Scan(ctx, 0, func(history.Summary) bool { listed++; return true }))
	require.Equal(t, 1, listed)
	_, err = hub.Settled(ctx, "i", 100)
	require.NoError(t, err)
	_, revision, err := hub.LoadLatest(ctx, "i")
	require.NoError(t, err)
	require.NoError(t, hub.Purge(ctx, "i", revision))
}

// raiseAsPublisher raises an event by a request, as a publisher without library does.
func raiseAsPublisher(t *testing.T, publisher *account, b *inbox) {
	t.Helper()
	before := len(b.deliveries())
	m := nats.NewMsg("default.to.i.raise.E")
	m.Header.Set("Dormouse-Event-Id", "id-1")
	answer, err := publisher.RequestMsg(m, patience)
	require.NoError(t, err)
	require.Contains(t, string(answer.Data), `"seq"`)
	require.Equal(t, "id-1", b.await(t, before+1)[before].ID)
}
