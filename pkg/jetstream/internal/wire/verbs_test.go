package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// root is the top of the repository.
func root(elements ...string) string {
	return filepath.Join(append([]string{"..", "..", "..", ".."}, elements...)...)
}

// hubVerbs returns the verbs that internal/hub declares.
func hubVerbs(t *testing.T) []hub.Verb {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), root("internal", "hub", "message.go"), nil, 0)
	require.NoError(t, err)
	var found []hub.Verb
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Verb" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		found = append(found, hub.Verb(text))
		return true
	})
	require.NotEmpty(t, found)
	return found
}

// A verb that the hub has and the wire has not would be refused by every hub.
func TestEveryVerbOfTheHubIsInTheTable(t *testing.T) {
	t.Parallel()
	said := map[hub.Verb]bool{}
	for _, r := range verbs {
		said[r.said] = true
	}
	require.ElementsMatch(t, hubVerbs(t), hub.Verbs, "hub.Verbs does not have all verbs")
	require.ElementsMatch(t, hub.Verbs, slices.Collect(maps.Keys(said)))
}

// Every column is filled in, and every header is one that a dead letter keeps.
func TestRowsAreComplete(t *testing.T) {
	t.Parallel()
	require.Len(t, rows, len(verbs), "no verb is there twice")
	for _, r := range verbs {
		require.NotEmpty(t, r.verb)
		require.NotZero(t, r.least, r.verb)
		require.NotZero(t, r.argument, r.verb)
		require.NotZero(t, r.body, r.verb)
		require.NotEmpty(t, r.headers, r.verb)
		require.NotEmpty(t, samples[r.verb].subject, "give %s a sample", r.verb)
		require.Equal(t, r.said == hub.VerbStart, r.body == input, r.verb)
		for _, h := range r.headers {
			if strings.HasPrefix(h.key, "Dormouse-") {
				require.Contains(t, controlHeaders, h.key, r.verb)
			}
			require.False(t, h.needed && h.read == nil, "%s needs a header that nobody reads", r.verb)
		}
	}
	require.Len(t, samples, len(verbs))
}

// sample is a message with everything that its verb has, and its form on the wire.
type sample struct {
	message hub.Message
	subject string
	header  nats.Header
	body    string
}

var (
	sampleTime   = time.Date(2031, 5, 17, 9, 30, 1, 500_000_000, time.UTC)
	sampleParent = &record.Parent{Instance: "p q", Execution: "e-1", Task: 3}
)

// fullStart is a start with everything that all starts have.
func fullStart(m hub.Message) hub.Message {
	m.Instance, m.Verb, m.Arg, m.Data = "a.b", hub.VerbStart, "Größe", []byte(`{"a":1}`)
	m.Tags, m.StartAt, m.Version, m.Receipt = history.Tags{"k": "v w"}, sampleTime, "v1.2", "_INBOX.x"
	m.With = &hub.Raised{Name: "Add", ID: "id-1", Data: []byte("true")}
	return m
}

// startHeader is the header of a full start, with what the verb has besides.
func startHeader(more nats.Header) nats.Header {
	header := nats.Header{
		"Dormouse-Tags": {"k=v+w"}, "Dormouse-At": {"2031-05-17T09:30:01.5Z"}, "Dormouse-Orchestrator-Version": {"v1=2E2"},
		"Dormouse-Receipt": {"_INBOX.x"}, "Dormouse-Event": {"Add"}, "Dormouse-Event-Id": {"id-1"},
	}
	maps.Copy(header, more)
	return header
}

const startBodyText = `{"input":{"a":1},"data":true}`

var samples = map[Verb]sample{
	Start: {
		fullStart(hub.Message{Replaces: hub.NoInstance}),
		"h.to.a=2Eb.start.Gr=C3=B6=C3=9Fe", startHeader(nil), startBodyText,
	},
	Restart: {
		fullStart(hub.Message{Replaces: hub.AnyEnded}),
		"h.to.a=2Eb.restart.Gr=C3=B6=C3=9Fe", startHeader(nil), startBodyText,
	},
	Replace: {
		fullStart(hub.Message{Replaces: hub.AnyAtAll, Execution: "e"}),
		"h.to.a=2Eb.replace.Gr=C3=B6=C3=9Fe",
		startHeader(nats.Header{"Dormouse-Execution": {"e"}, "Dormouse-Replaces": {"18446744073709551614"}}), startBodyText,
	},
	Claim: {
		fullStart(hub.Message{Replaces: 7, Execution: "e"}),
		"h.to.a=2Eb.claim.Gr=C3=B6=C3=9Fe",
		startHeader(nats.Header{"Dormouse-Execution": {"e"}, "Dormouse-Replaces": {"7"}}), startBodyText,
	},
	Child: {
		fullStart(hub.Message{Replaces: hub.AnyEnded, Execution: "e", Parent: sampleParent}),
		"h.to.a=2Eb.child.Gr=C3=B6=C3=9Fe",
		startHeader(nats.Header{
			"Dormouse-Execution": {"e"}, "Dormouse-Replaces": {"18446744073709551615"}, "Dormouse-Parent": {"p=20q/e-1/3"},
		}), startBodyText,
	},
	Raise: {
		hub.Message{
			Instance: "i", Verb: hub.VerbRaise, Arg: "E", Data: []byte("1"), ID: "id-1", Execution: "e", KeepUntil: sampleTime, Receipt: "_INBOX.x",
		},
		"h.to.i.raise.E",
		nats.Header{
			"Dormouse-Execution": {"e"}, "Dormouse-Event-Id": {"id-1"}, "Dormouse-At": {"2031-05-17T09:30:01.5Z"},
			"Dormouse-Receipt": {"_INBOX.x"},
		}, "1",
	},
	Terminate: {
		hub.Message{Instance: "i", Verb: hub.VerbTerminate, Data: []byte(`"why"`), Execution: "e", Parent: sampleParent, KeepChildren: true},
		"h.to.i.terminate",
		nats.Header{"Dormouse-Execution": {"e"}, "Dormouse-Parent": {"p=20q/e-1/3"}, "Dormouse-Keep-Children": {"true"}}, `"why"`,
	},
	Suspend: {
		hub.Message{Instance: "i", Verb: hub.VerbSuspend, Data: []byte(`"why"`), Execution: "e"},
		"h.to.i.suspend", nats.Header{"Dormouse-Execution": {"e"}}, `"why"`,
	},
	Resume: {
		hub.Message{Instance: "i", Verb: hub.VerbResume, Data: []byte(`"why"`), Execution: "e"},
		"h.to.i.resume", nats.Header{"Dormouse-Execution": {"e"}}, `"why"`,
	},
	Rewind: {
		hub.Message{Instance: "i", Verb: hub.VerbRewind, Data: []byte(`"why"`), Execution: "e"},
		"h.to.i.rewind", nats.Header{"Dormouse-Execution": {"e"}}, `"why"`,
	},
	Completed: {
		hub.Message{Instance: "i", Verb: hub.VerbCompleted, Arg: "3", Data: []byte("1"), Execution: "e"},
		"h.to.i.completed.3", nats.Header{"Dormouse-Execution": {"e"}, "Nats-Msg-Id": {sampleKey.id("i/e/3/completed")}}, "1",
	},
	Failed: {
		hub.Message{Instance: "i", Verb: hub.VerbFailed, Arg: "3", Data: []byte("{}"), Execution: "e"},
		"h.to.i.failed.3", nats.Header{"Dormouse-Execution": {"e"}, "Nats-Msg-Id": {sampleKey.id("i/e/3/failed")}}, "{}",
	},
	Fired: {
		hub.Message{Instance: "i", Verb: hub.VerbFired, Arg: "3", Execution: "e"},
		"h.to.i.fired.3", nats.Header{"Dormouse-Execution": {"e"}}, "",
	},
}

const (
	sampleKey    = IDKey("key")
	sampleLimits = Limits(1 << 20)
)

// Everything that a verb has is written, and read again as it was; the form on the wire
// never changes.
func TestSamplesRoundTrip(t *testing.T) {
	t.Parallel()
	c := &Codec{Names: NewNames("h"), Key: sampleKey}
	for verb, s := range samples {
		t.Run(string(verb), func(t *testing.T) {
			t.Parallel()
			m, err := c.Control(s.message, sampleLimits, sampleTime)
			require.NoError(t, err)
			require.Equal(t, s.subject, m.Subject)
			require.Equal(t, s.header, m.Header)
			require.Equal(t, s.body, string(m.Data))

			got, err := ReadControl(deliver(m), sampleLimits)
			require.NoError(t, err)
			want := s.message
			if want.Verb == hub.VerbStart && want.Execution == "" {
				want.Execution = "seq-17"
			}
			require.Equal(t, want, got)
		})
	}
}

// deliver is a message as the control stream delivers it.
func deliver(m *nats.Msg) Delivered {
	stored := &nats.Msg{Subject: strings.Replace(m.Subject, "h.to.", "h.control.5.", 1), Header: m.Header, Data: m.Data}
	return Delivered{Msg: stored, Ack: Ack{Seq: 17, Stored: sampleTime.UnixNano()}}
}

// A header that a verb does not have says nothing.
func TestHeadersOfOtherVerbsAreIgnored(t *testing.T) {
	t.Parallel()
	c := &Codec{Names: NewNames("h"), Key: sampleKey}
	for verb, s := range samples {
		m, err := c.Control(s.message, sampleLimits, sampleTime)
		require.NoError(t, err)
		want, err := ReadControl(deliver(m), sampleLimits)
		require.NoError(t, err)
		for _, key := range controlHeaders {
			has := func(h header) bool {
				return h.read != nil && (h.key == key || h.key == EventHeader && key == EventIDHeader)
			}
			if !slices.ContainsFunc(rows[verb].headers, has) {
				m.Header[key] = []string{"%zz no legal value %"}
			}
		}
		got, err := ReadControl(deliver(m), sampleLimits)
		require.NoError(t, err, verb)
		require.Equal(t, want, got, verb)
	}
}

// The receipt of a dead letter goes to whoever asked about an event, and to nobody else.
func TestReceiptOfAMessageThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for verb := range rows {
		m := &nats.Msg{Subject: "h.to.i." + string(verb) + ".a.b", Header: nats.Header{
			ReceiptHeader: {"_INBOX.x"}, ExecutionHeader: {"e"}, EventHeader: {"E"},
		}}
		want := ""
		if verb == Raise || rows[verb].body == input {
			want = "_INBOX.x"
		}
		require.Equal(t, want, ReceiptOf(deliver(m)), verb)
		m.Header["Nats-Stream"] = []string{"KV_h"}
		require.Empty(t, ReceiptOf(deliver(m)), verb)
	}
	for _, subject := range []string{"h.to.i.shout.E", "h.to.i.start.O", "h.activity.A.i.1"} {
		m := &nats.Msg{Subject: subject, Header: nats.Header{ReceiptHeader: {"_INBOX.x"}}}
		require.Empty(t, ReceiptOf(deliver(m)), subject)
	}
}

// A message from one instance to another has an id of its text, where it is sent only once.
func TestToldMessageIDs(t *testing.T) {
	t.Parallel()
	c := &Codec{Names: NewNames("h"), Key: sampleKey}
	for verb, text := range map[Verb]string{
		Child: "a=2Eb/e/e-1/start", Raise: "i/id-1/raise", Completed: "i/e/3/completed", Failed: "i/e/3/failed",
		Terminate: "",
	} {
		m, err := c.Told(samples[verb].message, sampleLimits, sampleTime)
		require.NoError(t, err)
		if text == "" {
			require.Empty(t, m.Header.Get(nats.MsgIdHdr), verb)
			continue
		}
		require.Equal(t, sampleKey.id(text), m.Header.Get(nats.MsgIdHdr), verb)
	}
}

// docs/protocol.md has a row for each verb, and says of each header that a verb has what it
// means.
func TestProtocolNamesEveryVerbAndHeader(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root("docs", "protocol.md"))
	require.NoError(t, err)
	publishers, engines, found := strings.Cut(string(text), "## The engine's own verbs")
	require.True(t, found)
	for _, r := range verbs {
		part := publishers
		if r.least == Worker || r.verb == Claim {
			part = engines
		}
		hasRow := strings.Contains(part, "\n| `"+string(r.verb)+"` |")
		require.True(t, hasRow, "docs/protocol.md has no row for %s", r.verb)
		for _, h := range r.headers {
			hasHeader := strings.Contains(string(text), "`"+h.key+"`")
			require.True(t, hasHeader, "docs/protocol.md does not say what %s means", h.key)
		}
	}
}

var imported = regexp.MustCompile(`\{ service: \{ account: DORMOUSE, subject: "default\.to\.\*\.([a-z]+)(\.\*)?" \} \}`)

var exported = regexp.MustCompile(`\{ service: "default\.to\.\*\.([a-z]+)(\.\*)?", accounts: \[([A-Z, ]+)\] \}`)

// The permissions in deploy/nats let each role say its verbs, and no others.
func TestPermissionsAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root("deploy", "nats", "accounts.conf"))
	require.NoError(t, err)
	accounts := map[Role]string{
		Publisher: "OPERATORS, PUBLISHERS, STARTERS", Starter: "OPERATORS, STARTERS", Operator: "OPERATORS",
	}
	want, got := map[string]string{}, map[string]string{}
	for _, r := range verbs {
		if r.least == Worker {
			continue
		}
		subject := string(r.verb)
		if r.argument != noArgument {
			subject += ".*"
		}
		want[subject] = accounts[r.least]
	}
	for _, m := range exported.FindAllStringSubmatch(string(text), -1) {
		got[m[1]+m[2]] = m[3]
	}
	require.Equal(t, want, got)
	imports := map[string]int{}
	for _, m := range imported.FindAllStringSubmatch(string(text), -1) {
		imports[m[1]+m[2]]++
	}
	for subject, list := range want {
		require.Equal(t, len(strings.Split(list, ", ")), imports[subject], "each of %s imports %s", list, subject)
	}
}
