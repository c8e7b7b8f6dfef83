package jetstream_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// guardedHub is a hub with an instance "i", and a timer and an activity of it, on the
// server that is for use.
type guardedHub struct {
	guarded
	hub    *jetstream.Hub
	worker *account
}

func startGuardedHub(t *testing.T) guardedHub { return newGuardedHub(t, startGuarded(t)) }

func newGuardedHub(t *testing.T, s guarded) guardedHub {
	t.Helper()
	g := guardedHub{guarded: s}
	g.worker = g.login(t, "worker")
	g.hub = natstest.OpenWith(t, g.worker.Conn, jetstream.Config{Partitions: 1})
	_, err := g.hub.Commit(t.Context(), "i", value("e"), 0)
	require.NoError(t, err)
	require.NoError(t, g.hub.WriteSegment(t.Context(), "i", "e.1.1", []byte(`"x"`)))
	timer := &hub.Timer{Instance: "i", Execution: "e", Task: 2, At: value("e").Created.Add(maxWait * 100)}
	require.NoError(t, g.hub.Send(t.Context(), []hub.Command{run(1), {Set: timer}}))
	_, err = g.hub.Acquire(t.Context(), "l", "me")
	require.NoError(t, err)
	return g
}

// stored returns the numbers of all that the hub holds, and what its streams are.
func (g guardedHub) stored(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for info := range mustJetStream(t, g.worker.Conn).ListStreams(t.Context()).Info() {
		config, err := json.Marshal(info.Config)
		require.NoError(t, err)
		s := info.State
		all[info.Config.Name] = fmt.Sprint(s.FirstSeq, s.LastSeq, s.Msgs, s.NumDeleted, s.Consumers, string(config))
	}
	// Leases come and go.
	delete(all, "KV_default-fleet")
	return all
}

// The messages that each role must not be able to send.
var forbidden = map[string][]string{
	"publisher": {
		"default.to.i.start.Budget", "default.to.i.terminate", "default.to.i.suspend", "default.to.i.resume", "default.to.i.rewind",
		"default.to.i.restart.Budget", "default.to.i.replace.Budget", "default.to.i.claim.Budget",
		"$KV.default.i", "$KV.default./retention", "$JS.API.STREAM.INFO.default-control", "$JS.API.STREAM.NAMES",
		"$JS.API.DIRECT.GET.KV_default.$KV.default.i", "$JS.API.STREAM.MSG.GET.KV_default",
		"$JS.API.CONSUMER.CREATE.KV_default.x", "$JS.API.CONSUMER.MSG.NEXT.default-control.partition-0",
		"default.queue.q", "$JS.API.STREAM.MSG.GET.default-queue",
	},
	"starter": {
		"default.to.i.terminate", "default.to.i.restart.Budget", "default.to.i.replace.Budget", "default.to.i.claim.Budget",
		"$KV.default.i", "$JS.API.DIRECT.GET.KV_default.$KV.default.i", "default.queue.q",
	},
	"viewer": {
		"default.to.i.raise.E", "default.to.i.start.Budget", "default.to.i.terminate", "default.to.i.suspend",
		"default.to.i.resume", "default.to.i.rewind", "default.to.i.restart.Budget", "default.to.i.replace.Budget", "default.to.i.claim.Budget",
		"$KV.default.i", "$KV.default./retention", "$JS.API.STREAM.PURGE.KV_default", "$JS.API.STREAM.PURGE.default-timer",
		"$JS.API.STREAM.MSG.GET.default-control", "default.queue.q", "$JS.API.STREAM.MSG.DELETE.default-queue",
		"$JS.API.STREAM.PURGE.default-queue",
	},
	"operator": {},
}

// forbiddenToAll is for workers only.
var forbiddenToAll = []string{
	"default.to.i.completed.1", "default.to.i.failed.1", "default.to.i.fired.2", "default.to.i.child.Budget",
	"default.to.i.raise.E.more", "default.to.i.shout", "default.control.0.i.terminate", "default.timer.i.e.9", "default.due.i.e.9",
	"default.activity.Act.i.1", "default.dead.raise", "default.poison.q", "$KV.default.i.e.1.1", "$KV.default./orchestrators.Budget",
	"$KV.default-fleet.l", "$JS.API.STREAM.DELETE.default-control", "$JS.API.STREAM.PURGE.default-control",
	"$JS.API.STREAM.UPDATE.default-control", "$JS.API.STREAM.CREATE.mine", "$JS.API.STREAM.MSG.DELETE.KV_default",
	"$JS.API.STREAM.PURGE.default-activity", "$JS.API.STREAM.SNAPSHOT.KV_default", "$JS.API.STREAM.INFO.default-timer",
	"$JS.API.CONSUMER.CREATE.default-control.x", "$JS.API.CONSUMER.DURABLE.CREATE.default-control.x",
	"$JS.API.CONSUMER.CREATE.KV_default.x", "$JS.API.CONSUMER.CREATE.KV_default.x.$KV.default.i",
	"$JS.API.CONSUMER.DURABLE.CREATE.KV_default.x", "$JS.API.CONSUMER.MSG.NEXT.KV_default.x", "$JS.API.CONSUMER.DELETE.KV_default.x",
	"$JS.API.CONSUMER.NAMES.KV_default", "$JS.API.CONSUMER.LIST.default-control", "$JS.API.CONSUMER.INFO.default-control.partition-0",
	"$JS.API.CONSUMER.DELETE.default-control.partition-0", "$JS.API.CONSUMER.MSG.NEXT.default-activity.Act",
	"$JS.ACK.default-control.partition-0.1.1.1.1.1",
	"other.to.i.raise.E", "$KV.other.i", "_INBOX.worker.x",
}

// Nobody can do more than their role: nobody hears it, and nothing has changed.
func TestRolesCanDoNoMore(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	before := g.stored(t)
	for user, subjects := range forbidden {
		a := g.login(t, user)
		for _, subject := range append(subjects, forbiddenToAll...) {
			for _, body := range []string{"", "{}"} {
				a.requireUnheard(t, subject, body)
			}
		}
		everything, err := a.SubscribeSync(">")
		require.NoError(t, err)
		require.NoError(t, a.Flush())
		_, err = g.worker.Request("default.to.i.raise.E", []byte(`"secret"`), maxWait) // the answer comes when it is stored
		require.NoError(t, err)
		require.NoError(t, a.Flush())
		requireNothingHeard(t, everything)
		require.NoError(t, everything.Unsubscribe())
		before["default-control"] = g.stored(t)["default-control"]
		require.Equal(t, before, g.stored(t), user)
	}
	_, err := g.worker.Request("other.to.i.raise.E", nil, soon)
	require.Error(t, err)
	require.Eventually(t, func() bool { return len(g.worker.refusals()) > 0 }, maxWait, soon, "a worker may speak to another hub")
}

// requireUnheard says something that nobody must hear: the server forbids it, or there is
// nobody to take it.
func (a *account) requireUnheard(t *testing.T, subject, body string) {
	t.Helper()
	inbox := a.NewInbox()
	answers, err := a.SubscribeSync(inbox)
	require.NoError(t, err)
	require.NoError(t, a.PublishRequest(subject, inbox, []byte(body)))
	require.Eventually(t, func() bool {
		answered, _, err := answers.Pending()
		return err == nil && answered > 0 || slices.ContainsFunc(a.refusals(), func(refusal string) bool {
			return strings.Contains(refusal, strconv.Quote(subject))
		})
	}, maxWait, soon, "%s may say %s", a.Opts.User, subject)
	if answer, err := answers.NextMsg(soon); err == nil && answer.Header.Get("Status") != "503" {
		// The JetStream of an account of its own is empty.
		require.Contains(t, string(answer.Data), "not enabled for account", "%s may say %s", a.Opts.User, subject)
	}
	require.NoError(t, answers.Unsubscribe())
}

// requireNothingHeard checks that a user who listens to everything hears nothing of the
// hub.
func requireNothingHeard(t *testing.T, everything *nats.Subscription) {
	t.Helper()
	heard, _, err := everything.Pending()
	require.NoError(t, err)
	for range heard {
		m, err := everything.NextMsg(maxWait)
		require.NoError(t, err)
		require.NotContains(t, string(m.Data), "secret", m.Subject)
	}
}

// The server answers to any subject. From an account of their own, users can make it
// answer to nobody but themselves.
func TestNobodyCanMakeTheServerSpeakForThem(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	targets := []string{
		"default.to.i.terminate", "default.to.i.completed.1", "default.to.x.start.Budget", "$KV.default.i", "$KV.default./retention",
		"$JS.API.STREAM.PURGE.KV_default", "default.timer.i.e.2", "$KV.default-fleet.l",
	}
	requests := map[string][]string{
		"publisher": {"default.to.i.raise.E"},
		"starter":   {"default.to.j.start.Budget"},
		"viewer": {
			"$JS.API.DIRECT.GET.KV_default.$KV.default.i", "$JS.API.STREAM.INFO.KV_default",
		},
	}
	for user, asked := range requests {
		a := g.login(t, user)
		for _, subject := range asked {
			before, said := g.stored(t), 0
			for _, target := range targets {
				require.NoError(t, a.PublishRequest(subject, target, nil))
				said++
			}
			_, err := a.Request(subject, nil, maxWait)
			require.NoError(t, err)
			after := g.stored(t)
			if strings.HasPrefix(subject, "default.to.") {
				info, err := mustJetStream(t, g.worker.Conn).Stream(t.Context(), "default-control")
				require.NoError(t, err)
				m, err := info.GetLastMsgForSubject(t.Context(), "default.control.0."+strings.TrimPrefix(subject, "default.to."))
				require.NoError(t, err)
				require.Equal(t, info.CachedInfo().State.LastSeq, m.Sequence)
				delete(before, "default-control")
				delete(after, "default-control")
			}
			require.Equal(t, before, after, "%s by %s", user, subject)
		}
	}
	b := openAll(t, g.hub)
	for _, d := range b.await(t, 2*(len(targets)+1)) {
		require.Contains(t, []hub.Verb{hub.VerbRaise, hub.VerbStart}, d.Verb)
		require.NotEqual(t, "x", d.Instance)
	}
}
