package jetstream_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A receipt leaves nothing behind at the server, whether there was an answer or not.
func TestAskingLeavesNoSubscription(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t)
	b := openAll(t, natstest.OpenWith(t, natstest.Connect(t, server), jetstream.Config{Partitions: 1}))
	nc := natstest.Connect(t, server)
	hub := natstest.OpenWith(t, nc, jetstream.Config{Partitions: 1})
	post(t, hub, "i", 1)
	before := nc.NumSubscriptions()
	ctx, cancel := context.WithCancel(t.Context())
	const count = 20
	var answers []<-chan history.Outcome
	for range count {
		_, outcomes, err := hub.Ask(ctx, raise("i", "E"))
		require.NoError(t, err)
		answers = append(answers, outcomes)
	}
	for n, d := range b.await(t, count+1)[1 : count/2] {
		require.NoError(t, hub.Reply(t.Context(), d.Receipt, history.Delivered))
		require.Equal(t, history.Delivered, <-answers[n])
	}
	cancel()
	require.Eventually(t, func() bool { return nc.NumSubscriptions() == before }, maxWait, soon)

	_, _, err := hub.Ask(t.Context(), raise("@i", "E"))
	require.ErrorIs(t, err, ident.ErrInvalidName)
	require.Eventually(t, func() bool { return nc.NumSubscriptions() == before }, maxWait, soon)
}

// Anybody may say anything to an inbox.
func TestNonsenseIsNoOutcome(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	_, outcomes, err := hub.Ask(t.Context(), raise("i", "E"))
	require.NoError(t, err)
	receipt := b.await(t, 1)[0].Receipt
	for _, text := range []string{"", "DELIVERED", "lost", "{}"} {
		require.NoError(t, nc.Publish(receipt, []byte(text)))
	}
	require.NoError(t, hub.Reply(t.Context(), receipt, history.Kept))
	require.Equal(t, history.Kept, <-outcomes)
}

// Workers answer to inboxes of the usual name only. The event of who has another
// is raised all the same.
func TestAskByAnInboxOfAnotherName(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	worker := natstest.OpenWith(t, natstest.Connect(t, s), jetstream.Config{Partitions: 1})
	b := openAll(t, worker)
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.CustomInboxPrefix("_MINE"))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	hub := natstest.Open(t, nc)
	seq, outcomes, err := hub.Ask(t.Context(), raise("i", "E"))
	require.NoError(t, err)
	d := b.await(t, 1)[0]
	require.Equal(t, seq, d.Seq)
	require.Empty(t, d.Receipt)
	require.Empty(t, outcomes)
}

// The sender that asks about an event that becomes a dead letter is told, and nobody else: no
// message without an event, no copy and no other subject makes a worker say anything.
func TestWhoAsksAboutADeadLetterIsTold(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	openAll(t, hub)
	heard, err := nc.SubscribeSync("_INBOX.asker.*")
	require.NoError(t, err)
	elsewhere, err := nc.SubscribeSync("elsewhere")
	require.NoError(t, err)
	far := time.Now().AddDate(2, 0, 0).Format(time.RFC3339)
	tooLarge := strings.Repeat("x", 1<<20-200)
	cases := []struct {
		name, subject, data string
		header              nats.Header
		told                bool
	}{
		{"ahead", "i.raise.E", "1", nats.Header{"Dormouse-At": {far}}, true},
		{"large", "i.raise.E", tooLarge, nats.Header{}, true},
		{"name", "i.raise.E.x", "1", nats.Header{}, true},
		{"event", "i.start.B", "no object", nats.Header{"Dormouse-Event": {"E"}}, true},
		{"start", "i.start.B", tooLarge, nats.Header{}, false},
		{"reason", "i.terminate", "no reason", nats.Header{}, false},
		{"copy", "i.raise.E", "1", nats.Header{"Nats-Stream": {"default-control"}}, false},
	}
	var want []string
	for _, c := range cases {
		inbox := "_INBOX.asker." + c.name
		if c.told {
			want = append(want, inbox)
		}
		c.header["Dormouse-Receipt"] = []string{inbox}
		require.NoError(t, nc.PublishMsg(&nats.Msg{Subject: "default.to." + c.subject, Header: c.header, Data: []byte(c.data)}))
	}
	require.NoError(t, nc.PublishMsg(&nats.Msg{
		Subject: "default.to.i.raise.E", Header: nats.Header{"Dormouse-Receipt": {"elsewhere"}}, Data: []byte("1"),
	}))
	awaitStored(t, nc, "default-dead", uint64(len(cases)+1))
	awaitStored(t, nc, "default-control", 0)
	require.NoError(t, hub.Reply(t.Context(), "_INBOX.asker.last", history.Kept))
	var got []string
	for len(got) == 0 || got[len(got)-1] != "_INBOX.asker.last" {
		m, err := heard.NextMsg(maxWait)
		require.NoError(t, err, "heard %v", got)
		got = append(got, m.Subject)
		if len(got) <= len(want) {
			require.Equal(t, string(history.Discarded), string(m.Data))
		}
	}
	require.Equal(t, append(want, "_INBOX.asker.last"), got)
	n, _, err := elsewhere.Pending()
	require.NoError(t, err)
	require.Zero(t, n)
}
