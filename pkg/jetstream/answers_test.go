package jetstream_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// Where all share one account, the server can be made to answer to an instance. What
// it then says is not taken for what somebody has said.
func TestAnswersOfTheServerAreNotControl(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	_, err := hub.Commit(t.Context(), "i", value("e"), 0)
	require.NoError(t, err)
	require.NoError(t, hub.WriteSegment(t.Context(), "i", "e.1.1", []byte(`"x"`)))
	spy := js.ConsumerConfig{Name: "spy", AckPolicy: js.AckNonePolicy, HeadersOnly: true}
	_, err = mustJetStream(t, nc).CreateConsumer(t.Context(), "KV_default", spy)
	require.NoError(t, err)
	b := openAll(t, hub)
	verbs := []string{"terminate", "suspend", "resume", "rewind", "completed.1", "failed.1", "start.B", "restart.B", "replace.B", "child.B", "claim.B", "raise.E"}
	asked := 0
	for _, verb := range verbs {
		target := "default.to.i." + verb
		for _, request := range []struct{ subject, body string }{
			{"default.to.j.raise.E", "1"},
			{"default.to.j.raise.E", strings.Repeat("x", 10)},
			{"$JS.API.STREAM.INFO.KV_default", ""},
			{"$JS.API.STREAM.MSG.GET.KV_default", `{"last_by_subj":"$KV.default.i.e.1.1"}`},
			{"$JS.API.STREAM.MSG.GET.KV_default", `{"seq": 99}`},
		} {
			require.NoError(t, nc.PublishRequest(request.subject, target, []byte(request.body)))
			asked++
		}
	}
	awaitStored(t, nc, "default-dead", uint64(asked))
	for _, d := range b.await(t, 2*len(verbs)) {
		require.Equal(t, "j", d.Instance, "%+v", d.Message)
	}
}

// A message that is read out of a stream keeps its old subject, wherever it is sent:
// no partition ever sees it.
func TestCopiesOfStoredMessagesAreNotControl(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	for _, header := range []string{
		"Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Msg-Size", "KV-Operation", "Dormouse-Status", "Dormouse-Stored",
		"Dormouse-Call", "Dormouse-Reason",
	} {
		publishWith(t, nc, "default.to.i.terminate", "", header, "x")
	}
	awaitStored(t, nc, "default-dead", 9)
	require.Empty(t, b.deliveries())
}

// Reasons are JSON strings, so hardly anything that is something else passes for one.
func TestBodiesThatAreNoReasons(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	for _, verb := range []string{"terminate", "suspend", "resume", "rewind"} {
		for _, body := range []string{"{}", "17", "reason", `"a" "b"`} {
			require.NoError(t, nc.Publish("default.to.i."+verb, []byte(body)))
		}
		require.NoError(t, nc.Publish("default.to.i."+verb, []byte(` "good" `)))
	}
	require.Len(t, b.await(t, 4), 4)
	awaitStored(t, nc, "default-dead", 16)
}

// commands are headers by which the server can be told to do something. Each comes with
// an event that somebody who may only raise publishes; refused says what the server
// has against it, empty where it takes the event as any other.
var commands = []struct {
	refused string
	headers []string
}{
	{"rollup not permitted", []string{"Nats-Rollup", "all"}},
	{"rollup not permitted", []string{"Nats-Rollup", "sub"}},
	{"message schedules is disabled", []string{"Nats-Schedule", "@at 2020-01-01T00:00:00Z", "Nats-Schedule-Target", "default.to.i.terminate"}},
	{"message schedules is disabled", []string{"Nats-Schedule", "@every 1s", "Nats-Schedule-Target", "default.control.0.i.completed.1"}},
	{"message schedules is disabled", []string{"Nats-Schedule-Next", "purge", "Nats-Scheduler", "default.control.0.i.raise.First"}},
	{"invalid scheduler", []string{"Nats-Scheduler", "default.control.0.i.raise.First"}},
	{"", []string{"Nats-Schedule-Target", "default.to.i.terminate"}},
	{"per-message TTL is disabled", []string{"Nats-TTL", "1s"}},
	{"expected stream does not match", []string{"Nats-Expected-Stream", "KV_default"}},
	{"wrong last sequence", []string{"Nats-Expected-Last-Sequence", "99"}},
	{"wrong last sequence", []string{"Nats-Expected-Last-Subject-Sequence", "99"}},
	{"wrong last msg ID", []string{"Nats-Expected-Last-Msg-Id", "x"}},
	{"message counters is disabled", []string{"Nats-Incr", "+1"}},
	{"atomic publish is disabled", []string{"Nats-Batch-Id", "x", "Nats-Batch-Sequence", "1", "Nats-Batch-Commit", "1"}},
	{"", []string{"Nats-Msg-Id", "i/e/1/completed"}},
	{"", []string{"Nats-Required-Api-Level", "0"}},
	{"", []string{"Nats-Num-Pending", "0", "Status", "503", "Description", "Consumer Deleted"}},
}

// Whatever headers an event has, it is an event or nothing.
func TestHeadersCommandNothing(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	publisher := g.login(t, "publisher")
	_, err := publisher.Request("default.to.i.raise.First", []byte("1"), maxWait)
	require.NoError(t, err)
	want := []string{"First"}
	for n, c := range commands {
		m := nats.NewMsg(fmt.Sprintf("default.to.i.raise.E%d", n))
		for k := 0; k < len(c.headers); k += 2 {
			m.Header[c.headers[k]] = []string{c.headers[k+1]}
		}
		answer, err := publisher.RequestMsg(m, maxWait)
		require.NoError(t, err, "%v", c.headers)
		if c.refused != "" {
			require.Contains(t, string(answer.Data), c.refused, "%v", c.headers)
			continue
		}
		require.NotContains(t, string(answer.Data), "error", "%v", c.headers)
		want = append(want, fmt.Sprintf("E%d", n))
	}
	// The result that somebody wanted to keep back, by the id it might have.
	_, err = g.hub.Post(t.Context(), hub.Message{Instance: "i", Verb: hub.VerbCompleted, Arg: "1", Execution: "e"})
	require.NoError(t, err)
	var got []string
	b := openAll(t, g.hub)
	for _, d := range b.await(t, len(want)+1) {
		if d.Verb == hub.VerbRaise {
			got = append(got, d.Arg)
		}
	}
	require.Equal(t, want, got)
	require.Equal(t, hub.VerbCompleted, b.deliveries()[len(want)].Verb)
}
