package jetstream_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func onePartition(t *testing.T) (*nats.Conn, *jetstream.Hub) {
	t.Helper()
	nc := natstest.Connect(t, natstest.Start(t))
	return nc, natstest.OpenWith(t, nc, jetstream.Config{Partitions: 1})
}

// A message that is taken from under an owner does not go unnoticed.
func TestSessionEndsWhereAMessageIsMissing(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	want := post(t, hub, "i", 1)
	b.await(t, 1)

	stolen, err := nc.SubscribeSync(nc.NewInbox())
	require.NoError(t, err)
	consumer, err := mustJetStream(t, nc).Consumer(t.Context(), "default-control", consumerOf(t, nc, "default-control", "partition-0"))
	require.NoError(t, err)
	request := fmt.Sprintf(`{"batch":1,"group":%q}`, consumer.CachedInfo().Config.PriorityGroups[0])
	require.NoError(t, nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.default-control."+consumerOf(t, nc, "default-control", "partition-0"), stolen.Subject, []byte(request)))
	require.NoError(t, nc.Flush())
	// Requests are served one after the other, so the owner's comes first.
	want = append(want, post(t, hub, "i", 2*256)...)
	require.ErrorContains(t, awaitEnd(t, b.sessions[0]), "a message is missing")
	got := b.seqs()
	require.Equal(t, want[:len(got)], got, "delivered with a gap")
	_, err = stolen.NextMsg(maxWait)
	require.NoError(t, err)

	again := openAll(t, hub)
	again.await(t, len(want))
	require.Equal(t, want, again.seqs())
}

func TestSessionEndsWithItsConsumer(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	post(t, hub, "i", 1)
	b.await(t, 1)
	require.NoError(t, b.sessions[0].Err())
	require.NoError(t, mustJetStream(t, nc).DeleteConsumer(t.Context(), "default-control", consumerOf(t, nc, "default-control", "partition-0")))
	require.ErrorContains(t, awaitEnd(t, b.sessions[0]), "taken over")
	b.stop()
	require.Error(t, b.sessions[0].Err(), "why it ended is still known")
}

func TestOneOfManyTakeoversWins(t *testing.T) {
	t.Parallel()
	_, h := onePartition(t)
	want := post(t, h, "i", 100)
	boxes := make([]*inbox, 8)
	var opening sync.WaitGroup
	for i := range boxes {
		boxes[i] = &inbox{}
		opening.Go(func() {
			// An owner that is overtaken at once may get an error here.
			if s, err := h.Open(t.Context(), 0, boxes[i].deliver); err == nil {
				boxes[i].sessions = []hub.Session{s}
			}
		})
	}
	opening.Wait()
	defer func() {
		for _, b := range boxes {
			b.stop()
		}
	}()
	want = append(want, post(t, h, "i", 1)...)
	// The owner that lost may learn it by silence only, but gets nothing more.
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(boxes, func(b *inbox) bool { return slices.Equal(want, b.seqs()) })
	}, maxWait, soon, "nobody got everything")
	last := want[len(want)-1]
	winners := slices.DeleteFunc(slices.Clone(boxes), func(b *inbox) bool { return !slices.Contains(b.seqs(), last) })
	require.Len(t, winners, 1)
	require.NoError(t, winners[0].sessions[0].Err())
}

// A worker that was stopped and continued asks for more in the belief that it is
// still the owner.
func TestRequestsOfTheOwnerBeforeAreRefused(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	first := openAll(t, hub)
	old, err := mustJetStream(t, nc).Consumer(t.Context(), "default-control", consumerOf(t, nc, "default-control", "partition-0"))
	require.NoError(t, err)
	second := openAll(t, hub)
	require.Error(t, awaitEnd(t, first.sessions[0]))

	request := fmt.Sprintf(`{"batch":100,"expires":1000000000,"group":%q}`, old.CachedInfo().Config.PriorityGroups[0])
	refusal, err := nc.Request("$JS.API.CONSUMER.MSG.NEXT.default-control."+consumerOf(t, nc, "default-control", "partition-0"), []byte(request), maxWait)
	require.NoError(t, err)
	require.Equal(t, "400", refusal.Header.Get("Status"))
	want := post(t, hub, "i", 10)
	second.await(t, len(want))
	require.Equal(t, want, second.seqs())
}

func TestManyMoreMessagesThanAreReadAhead(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	var want []uint64
	for n := range 3 {
		want = append(want, post(t, hub, fmt.Sprintf("i%d", n), 700)...)
	}
	b := openAll(t, hub)
	for _, d := range b.await(t, len(want)) {
		d.Ack()
	}
	require.Equal(t, want, b.seqs())
	require.NoError(t, b.sessions[0].Err())
	awaitStored(t, nc, "default-control", 0)
	b.stop()
	last := post(t, hub, "i", 1)
	again := openAll(t, hub)
	again.await(t, 1)
	require.Equal(t, last, again.seqs(), "acked messages came again")
}

func TestLargeMessages(t *testing.T) {
	t.Parallel()
	_, h := onePartition(t)
	data := []byte(strings.Repeat("x", h.MaxPayload()))
	const count = 100 // more than one request may bring
	for range count {
		_, err := h.Post(t.Context(), hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "e", Data: data})
		require.NoError(t, err)
	}
	b := openAll(t, h)
	b.await(t, count)
	require.NoError(t, b.sessions[0].Err())
}

// Anybody can publish with plain NATS, and with any headers.
func TestPlainPublish(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	b := openAll(t, h)
	require.NoError(t, nc.Publish("default.to.MyInstance.raise.Approval", []byte("true")))
	require.NoError(t, nc.Publish("default.to.i.start.Budget", []byte(`{"amount":1}`)))
	require.NoError(t, nc.PublishMsg(&nats.Msg{Subject: "default.to.i.raise.E", Header: nats.Header{"Nats-Msg-Id": {"id-1"}}}))
	require.NoError(t, nc.PublishMsg(&nats.Msg{Subject: "default.to.j.raise.E", Header: nats.Header{"Dormouse-Event-Id": {"id-1"}}}))
	got := b.await(t, 4)
	require.Equal(t, hub.Message{Instance: "MyInstance", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true")}, got[0].Message)
	require.Equal(t, hub.Message{
		Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Data: []byte(`{"amount":1}`),
		Execution: fmt.Sprintf("seq-%d", got[1].Seq), Replaces: hub.NoInstance,
	}, got[1].Message)
	require.Equal(t, "id-1", got[2].ID)
	require.Equal(t, "id-1", got[3].ID)
}

// The client library takes such a message for one of the server's own.
func TestHeadersOfTheServerDoNoHarm(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	for n, status := range []string{"100", "404", "408", "409", "503"} {
		header := nats.Header{"Status": {status}, "Description": {"Consumer Deleted"}}
		require.NoError(t, nc.PublishMsg(&nats.Msg{Subject: fmt.Sprintf("default.to.i%d.raise.E", n), Header: header}))
	}
	b.await(t, 5)
	require.NoError(t, b.sessions[0].Err())
}

func TestUnreadableMessagesAreDeadLetters(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	publish := func(subject string, header nats.Header, data string) {
		require.NoError(t, nc.PublishMsg(&nats.Msg{Subject: subject, Header: header, Data: []byte(data)}))
	}
	publish("default.to.i.shout.a", nil, "1")
	publish("default.to.=61.raise.a", nats.Header{"Dormouse-Event-Id": {"id"}, "Nats-Msg-Id": {"same"}}, "2")
	publish("default.to.i.raise.a.b", nil, "3")
	publish("default.to.i.claim.e", nats.Header{"Dormouse-Execution": {"e"}, "Dormouse-Replaces": {"x"}}, "")
	publish("default.to.i.raise.e", nil, strings.Repeat("x", 1<<20-100))
	last := post(t, hub, "i", 1)
	b.await(t, 1)
	require.Equal(t, last, b.seqs(), "an unreadable message was delivered")
	b.stop()

	dead, err := mustJetStream(t, nc).Stream(t.Context(), "default-dead")
	require.NoError(t, err)
	var subjects []string
	for n := uint64(1); n <= dead.CachedInfo().State.LastSeq; n++ {
		m, err := dead.GetMsg(t.Context(), n)
		require.NoError(t, err)
		subjects = append(subjects, m.Subject)
		require.NotEmpty(t, m.Header.Get("Dormouse-Reason"))
		require.Equal(t, fmt.Sprint(n), m.Header.Get("Dormouse-Sequence"))
		require.Empty(t, m.Header.Get("Nats-Msg-Id"))
	}
	require.Equal(t, []string{
		"default.dead.unknown", "default.dead.raise", "default.dead.raise", "default.dead.claim", "default.dead.raise",
	}, subjects)
	second, err := dead.GetMsg(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, "default.control.0.=61.raise.a", second.Header.Get("Dormouse-Subject"))
	require.Equal(t, "id", second.Header.Get("Dormouse-Event-Id"))
	require.Equal(t, "2", string(second.Data))
	sixth, err := dead.GetMsg(t.Context(), 5)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(1<<20-100), sixth.Header.Get("Dormouse-Truncated"))
	require.Len(t, sixth.Data, hub.MaxValue())

	again := openAll(t, hub)
	again.await(t, 1)
	require.Equal(t, last, again.seqs(), "a dead letter came again")
}

// A message that names no verb would be out of every consumer's reach.
func TestSubjectsWithoutVerbAreNotStored(t *testing.T) {
	t.Parallel()
	nc, _ := onePartition(t)
	_, err := nc.Request("default.to.i", nil, maxWait)
	require.ErrorIs(t, err, nats.ErrNoResponders)
}
