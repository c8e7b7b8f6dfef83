package jetstream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func publishWith(t *testing.T, nc *nats.Conn, subject, body string, headers ...string) {
	t.Helper()
	m := &nats.Msg{Subject: subject, Data: []byte(body), Header: nats.Header{}}
	for n := 0; n < len(headers); n += 2 {
		m.Header[headers[n]] = []string{headers[n+1]}
	}
	require.NoError(t, nc.PublishMsg(m))
}

// A publisher in any language can say all that the client can.
func TestPlainPublishWithHeaders(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	b := openAll(t, h)
	publishWith(t, nc, "default.to.i.replace.Budget", `{"data": true, "input": {"a": 1}}`,
		"Dormouse-Event", "Gr=C3=B6=C3=9Fe", "Dormouse-Event-Id", "id-1", "Nats-Msg-Id", "other",
		"Dormouse-Tags", "b=2&a=x+y%2Cz", "Dormouse-At", "2031-05-17T11:30:01.5+02:00",
		"Dormouse-Orchestrator-Version", "v1=2E2", "Dormouse-Receipt", "_INBOX.x")
	publishWith(t, nc, "default.to.i.claim.Budget", "", "Dormouse-Execution", "e-2", "Dormouse-Event", "Add", "Dormouse-Replaces", "0", "Nats-Msg-Id", "another")
	publishWith(t, nc, "default.to.i.terminate", "", "Dormouse-Keep-Children", "true")
	publishWith(t, nc, "default.to.i.terminate", "", "Dormouse-Keep-Children", "false")
	publishWith(t, nc, "default.to.i.rewind", `"again"`, "Dormouse-Parent", "p/e/0")
	var got []hub.Message
	for _, d := range b.await(t, 5) {
		got = append(got, d.Message)
	}
	seqs := b.deliveries()
	require.Equal(t, []hub.Message{
		{
			Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Data: []byte(`{"a": 1}`), Execution: "seq-1",
			Replaces: hub.AnyAtAll, Tags: history.Tags{"a": "x y,z", "b": "2"},
			StartAt: time.Date(2031, 5, 17, 9, 30, 1, 500_000_000, time.UTC), Version: "v1.2", Receipt: "_INBOX.x",
			With: &hub.Raised{Name: "Größe", ID: "id-1", Data: []byte("true")},
		},
		{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e-2", With: &hub.Raised{Name: "Add"}},
		{Instance: "i", Verb: hub.VerbTerminate, KeepChildren: true},
		{Instance: "i", Verb: hub.VerbTerminate},
		{Instance: "i", Verb: hub.VerbRewind, Data: []byte(`"again"`)},
	}, got)
	require.Len(t, seqs, 5)
}

// A user that may only raise can set any header, and still do no more than raise.
func TestHeadersOfOtherVerbsSayNothing(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	b := openAll(t, h)
	publishWith(t, nc, "default.to.i.raise.E", "1",
		"Dormouse-Parent", "p/e/1", "Dormouse-Tags", "%zz", "Dormouse-Orchestrator-Version", "2", "Dormouse-Event", "F",
		"Dormouse-Keep-Children", "true", "Dormouse-Replaces", "live")
	require.Equal(t, hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E", Data: []byte("1")}, b.await(t, 1)[0].Message)
}

// A user that may only start can neither take away what is live or has ended, nor answer for a task
// of another instance, nor take an execution's name.
func TestStartOfAPublisherSaysNoMoreThanThat(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	b := openAll(t, h)
	publishWith(t, nc, "default.to.i.start.B", "1",
		"Dormouse-Parent", "p/e/1", "Dormouse-Replaces", "live", "Dormouse-Execution", "e")
	publishWith(t, nc, "default.to.i.replace.B", "1", "Dormouse-Parent", "p/e/1", "Dormouse-Replaces", "7")
	publishWith(t, nc, "default.to.i.restart.B", "1", "Dormouse-Parent", "p/e/1", "Dormouse-Replaces", "live", "Dormouse-Execution", "e")
	got := b.await(t, 3)
	require.Equal(t, hub.Message{
		Instance: "i", Verb: hub.VerbStart, Arg: "B", Data: []byte("1"), Execution: "seq-1", Replaces: hub.NoInstance,
	}, got[0].Message)
	require.Equal(t, hub.Message{
		Instance: "i", Verb: hub.VerbStart, Arg: "B", Data: []byte("1"), Execution: "seq-3", Replaces: hub.AnyEnded,
	}, got[2].Message)
	require.Equal(t, hub.Message{
		Instance: "i", Verb: hub.VerbStart, Arg: "B", Data: []byte("1"), Execution: "seq-2", Replaces: hub.AnyAtAll,
	}, got[1].Message)
}

// ahead is a time so many days from now, as a header has it.
func ahead(days int) string { return time.Now().AddDate(0, 0, days).UTC().Format(time.RFC3339) }

// A sender whose clock is ahead by less than a day is refused nothing.
func TestSendersClockMayDiffer(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	publishWith(t, nc, "default.to.i.start.B", "", "Dormouse-At", ahead(3653))
	publishWith(t, nc, "default.to.i.raise.E", "", "Dormouse-At", ahead(366))
	require.Equal(t, []uint64{1, 2}, []uint64{b.await(t, 2)[0].Seq, b.await(t, 2)[1].Seq})
}

func TestBadHeadersMakeDeadLetters(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	for _, c := range []struct{ subject, body, header, value, reason string }{
		{"raise.E", "", "Dormouse-At", "soon", `header Dormouse-At: "soon" is no time in the form of RFC 3339`},
		{"raise.E", "", "Dormouse-At", ahead(367 + 1), "header Dormouse-At: too far ahead: an event to be kept until"},
		{"start.B", "", "Dormouse-At", ahead(3653 + 2), "header Dormouse-At: too far ahead: a start at"},
		{"raise.E", "", "Dormouse-Receipt", "default.to.i.terminate", "header Dormouse-Receipt: invalid name: receipt"},
		{"raise.E", "", "Dormouse-Event-Id", strings.Repeat("x", 513), "is longer than 512 bytes"},
		{"start.B", "", "Dormouse-Tags", "a=1&a=2", `header Dormouse-Tags: invalid name: tag "a" is there twice`},
		{"child.B", "", "Dormouse-Parent", "p/e", "header Dormouse-Execution: it is missing"},
		{"child.B", "", "Dormouse-Execution", "e", "header Dormouse-Parent: it is missing"},
		{"claim.B", "", "Dormouse-Replaces", "0", "header Dormouse-Execution: it is missing"},
		{"completed.1", "true", "", "", "header Dormouse-Execution: it is missing"},
		{"failed.1", "{}", "", "", "header Dormouse-Execution: it is missing"},
		{"fired.1", "", "", "", "header Dormouse-Execution: it is missing"},
		{"start.B", "", "Dormouse-Orchestrator-Version", "1.2", "header Dormouse-Orchestrator-Version: invalid name: token"},
		{"claim.B", "", "Dormouse-Replaces", "live", `header Dormouse-Replaces: "live" is no revision`},
		{"claim.B", "", "Dormouse-Execution", "e", "header Dormouse-Replaces: it is missing"},
		{"replace.B", "", "Dormouse-Execution", "a.b", "header Dormouse-Execution: invalid name"},
		{"start.B", "17", "Dormouse-Event", "E", `header Dormouse-Event: the body must be {"input": …, "data": …}`},
		{"start.B", "{}", "Dormouse-Event", "a.b", "header Dormouse-Event: invalid name: token"},
		{"terminate", "", "Dormouse-Keep-Children", "yes", `header Dormouse-Keep-Children: "yes" is neither true nor false`},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{c.header, c.value}
		}
		publishWith(t, nc, "default.to.i."+c.subject, c.body, headers...)
		last := post(t, hub, "i", 1)[0]
		require.Eventually(t, func() bool { seqs := b.seqs(); return len(seqs) > 0 && seqs[len(seqs)-1] == last }, maxWait, soon)
		letter := lastDead(t, nc)
		require.Contains(t, letter.Header.Get("Dormouse-Reason"), c.reason)
		if c.header != "" {
			require.Equal(t, c.value, letter.Header.Get(c.header))
		}
		require.Equal(t, c.body, string(letter.Data))
		require.Equal(t, "default.dead."+strings.Split(c.subject, ".")[0], letter.Subject)
	}
	require.Len(t, b.seqs(), 19, "only those that can be read are delivered")
}

func lastDead(t *testing.T, nc *nats.Conn) *nats.Msg {
	t.Helper()
	dead, err := mustJetStream(t, nc).Stream(t.Context(), "default-dead")
	require.NoError(t, err)
	m, err := dead.GetMsg(t.Context(), dead.CachedInfo().State.LastSeq)
	require.NoError(t, err)
	return &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}
}

// However much a message says in headers, there is room for it among the dead
// letters.
func TestDeadLetterOfTheLargestMessage(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	long := strings.Repeat("x", 2000)
	var headers []string
	for _, name := range []string{
		"Event-Id", "Execution", "Replaces", "Parent", "Tags", "At", "Orchestrator-Version", "Event", "Keep-Children", "Receipt", "Call",
	} {
		headers = append(headers, "Dormouse-"+name, long)
	}
	const size = 1<<20 - 11*2100
	publishWith(t, nc, "default.to."+strings.Repeat("i", 1500)+".raise."+strings.Repeat("e", 1500), strings.Repeat("x", size), headers...)
	awaitStored(t, nc, "default-control", 1)
	openAll(t, hub)
	awaitStored(t, nc, "default-dead", 1)
	awaitStored(t, nc, "default-control", 0)
	letter := lastDead(t, nc)
	require.Equal(t, long[:1024], letter.Header.Get("Dormouse-Parent"))
	require.NotEmpty(t, letter.Data)
}

// Which version of the code, or how it is called, is a matter of the engine: an
// activity with a call that nobody has written is none.
func TestBadCallMakesADeadLetter(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	work, err := h.Work(t.Context(), "Act", 1, func(d hub.ActivityDelivery) { _ = d.Ack() })
	require.NoError(t, err)
	t.Cleanup(work.Stop)
	publishWith(t, nc, "default.activity.Act.i.1", "", "Dormouse-Execution", "e", "Dormouse-Call", "twice")
	awaitStored(t, nc, "default-dead", 1)
	letter := lastDead(t, nc)
	require.Equal(t, `header Dormouse-Call: "twice" is no call`, letter.Header.Get("Dormouse-Reason"))
	require.Equal(t, "twice", letter.Header.Get("Dormouse-Call"))
	require.Equal(t, "default.dead.activity", letter.Subject)
}

// The events that are kept for an instance go with the server's help: nobody has to
// sweep.
func TestExpectedValuesHaveATimeToLive(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	v := &record.InstanceRecord{Status: history.Expected, Kept: []record.Event{record.Raised("E", "", nil).KeepUntil(hub.Now(t.Context()).Add(time.Hour))}}
	revision, err := hub.Commit(t.Context(), "i", v, 0)
	require.NoError(t, err)
	stream, err := mustJetStream(t, nc).Stream(t.Context(), "KV_default")
	require.NoError(t, err)
	m, err := stream.GetMsg(t.Context(), revision)
	require.NoError(t, err)
	require.Equal(t, "1h0m0s", m.Header.Get("Nats-TTL"))
	require.Equal(t, "Expected", m.Header.Get("Dormouse-Status"))

	running := value("e")
	running.Tags = history.Tags{"b": "2", "a": "x y"}
	revision, err = hub.Commit(t.Context(), "i", running, revision)
	require.NoError(t, err)
	m, err = stream.GetMsg(t.Context(), revision)
	require.NoError(t, err)
	require.Empty(t, m.Header.Get("Nats-TTL"))
	require.Equal(t, "a=x+y&b=2", m.Header.Get("Dormouse-Tags"))
}
