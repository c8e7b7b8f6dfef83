package hubsuite

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var messagePromises = []promise[*fixture]{
	{"messages/all that a start says arrives", startArrivesWhole},
	{"messages/an event that comes with a start arrives", startWithEvent},
	{"messages/all that the other verbs say arrives", othersArriveWhole},
	{"messages/what a verb does not have does not arrive", foreignFields},
	{"messages/a plain start can end what is live", plainStartOverLive},
	{"messages/a result comes again when its execution was rewound", resultsAgain},
	{"messages/what no hub takes is refused", refusedMessages},
	{"messages/what lies too far ahead is refused", refusedTooFarAhead},
	{"messages/a receipt is an inbox", refusedReceipts},
}

// oddTags are legal, and hard to write.
var oddTags = history.Tags{
	"team": "a b&c=d+e", "ü ✓": "日本語 %41;", "empty": "", "a&b": "x", ";": ";", "%3D": "=", " ": " ", "a.b/c": "*>",
}

func (t *fixture) requireArrives(b *inbox, m hub.Message) {
	t.Helper()
	seq := t.post(m)
	all := b.awaitSeq(t, seq)
	got := all[len(all)-1].Message
	// Nil and empty are the same.
	for _, data := range []*[]byte{&got.Data, &m.Data} {
		*data = append([]byte{}, *data...)
	}
	require.Equal(t, m, got)
}

func startArrivesWhole(t *fixture) {
	b := t.openAll(nil)
	plain := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e", Data: []byte(`{"a":1}`)}
	for n, change := range []func(m *hub.Message){
		func(m *hub.Message) { m.Replaces = hub.AnyAtAll },
		func(m *hub.Message) { m.Replaces = hub.AnyEnded },
		func(m *hub.Message) { m.Replaces = 1 << 40 },
		func(m *hub.Message) { m.Parent = &record.Parent{Instance: "i", Execution: "e-17", Task: 1 << 40} },
		func(m *hub.Message) { m.Tags = oddTags },
		func(m *hub.Message) { m.Tags = history.Tags{"one": "1"} },
		func(m *hub.Message) { m.StartAt = aheadOfNow(123_456_789) },
		func(m *hub.Message) { m.StartAt = aheadOfNow(hub.MaxStartAhead - time.Hour) },
		func(m *hub.Message) { m.Version = "2" },
		func(m *hub.Message) { m.Version = "v 2.0-β*" },
		func(m *hub.Message) { m.Receipt = "_INBOX.abc.1" },
	} {
		m := plain
		m.Execution = fmt.Sprintf("e%d", n)
		change(&m)
		t.requireArrives(b, m)
	}
	for _, id := range oddIDs {
		m := plain
		m.Parent = &record.Parent{Instance: id, Execution: "e", Task: 7}
		t.requireArrives(b, m)
	}
}

func startWithEvent(t *fixture) {
	b := t.openAll(nil)
	start := hub.Message{
		Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e", Replaces: 3, Tags: oddTags, StartAt: aheadOfNow(time.Hour),
	}
	for _, data := range []string{"", "null", "1", `{"a": [1, 2], "b": "<&>"}`, `"ü ✓ \u00fc"`} {
		for _, input := range []string{"", "null", `{"input": 1,  "data": 2}`, `"x"`} {
			m := start
			m.With = &hub.Raised{Name: "Größe.v2 ✓"}
			if data != "" {
				m.With.Data = []byte(data)
				m.With.ID = "an id: äöü"
			}
			if input != "" {
				m.Data = []byte(input)
			}
			t.requireArrives(b, m)
		}
	}
	start.With = &hub.Raised{Name: "E", Data: []byte("not JSON")}
	_, err := t.hub.Post(t.ctx, start)
	require.Error(t, err)
	half := append(append([]byte{'"'}, bytes.Repeat([]byte("x"), t.hub.MaxPayload()/2)...), '"')
	start.Data, start.With.Data = half, half
	_, err = t.hub.Post(t.ctx, start)
	require.Error(t, err, "both together are larger than a payload may be")
}

func othersArriveWhole(t *fixture) {
	b := t.openAll(nil)
	for _, m := range []hub.Message{
		{Verb: hub.VerbRewind, Data: []byte(`"code is put right"`)},
		{Verb: hub.VerbRewind},
		{Verb: hub.VerbRewind, Execution: "e"},
		{Verb: hub.VerbTerminate, Data: []byte(`"enough"`), KeepChildren: true},
		{Verb: hub.VerbTerminate, Execution: "e"},
		{Verb: hub.VerbRaise, Arg: "E", KeepUntil: aheadOfNow(123_456_789), ID: "id-1"},
		{Verb: hub.VerbRaise, Arg: "E", KeepUntil: aheadOfNow(hub.MaxKeepAhead - time.Hour)},
		{Verb: hub.VerbRaise, Arg: "E", Receipt: "_INBOX.x-1.y_2", Execution: "e"},
	} {
		m.Instance = "i"
		t.requireArrives(b, m)
	}
}

// Permissions are given by verb: somebody who may only raise can do no more by other means.
func foreignFields(t *fixture) {
	b := t.openAll(nil)
	everything := hub.Message{
		Instance: "i", Verb: hub.VerbRaise, Arg: "E", Replaces: 7, Parent: &record.Parent{Instance: "p", Execution: "e", Task: 1},
		Tags: oddTags, Version: "2", With: &hub.Raised{Name: "F"}, KeepChildren: true,
	}
	all := b.awaitSeq(t, t.post(everything))
	got := all[len(all)-1].Message
	got.Data = nil
	require.Equal(t, hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E"}, got)
}

func plainStartOverLive(t *fixture) {
	b := t.openAll(nil)
	seq := t.post(hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Replaces: hub.AnyAtAll})
	got := b.awaitSeq(t, seq)[0]
	require.Equal(t, fmt.Sprintf("seq-%d", seq), got.Execution)
	require.Equal(t, hub.AnyAtAll, got.Replaces)
}

// A task that is run again after a rewind may end again in the same words, and its
// instance waits for that.
func resultsAgain(t *fixture) {
	b := t.openAll(func(_ int, d hub.Delivery) { d.Ack() })
	for _, verb := range []hub.Verb{hub.VerbFailed, hub.VerbCompleted} {
		first := hub.Message{Instance: string(verb), Verb: verb, Arg: "1", Execution: "e", Data: []byte("{}")}
		second := first
		second.Execution = record.ParseExecutionID("e", 0).Rewound().String()
		b.awaitSeqs(t, first.Instance, t.post(first), t.post(second))
	}
}

func with(m hub.Message, instance string) hub.Message {
	m.Instance = instance
	return m
}

func refusedMessages(t *fixture) {
	start := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e"}
	for name, change := range map[string]func(m *hub.Message){
		"no instance":        func(m *hub.Message) { m.Instance = "" },
		"instance":           func(m *hub.Message) { m.Instance = "@i" },
		"verb":               func(m *hub.Message) { m.Verb = "shout" },
		"tag without key":    func(m *hub.Message) { m.Tags = history.Tags{"": "x"} },
		"tag with control":   func(m *hub.Message) { m.Tags = history.Tags{"a": "x\r\ny"} },
		"long tag":           func(m *hub.Message) { m.Tags = history.Tags{"a": strings.Repeat("x", 257)} },
		"time":               func(m *hub.Message) { m.StartAt = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"event without name": func(m *hub.Message) { m.With = &hub.Raised{} },
	} {
		m := start
		change(&m)
		_, err := t.hub.Post(t.ctx, m)
		require.ErrorIs(t, err, ident.ErrInvalidName, name)
		require.Error(t, t.hub.Send(t.ctx, []hub.Command{{Tell: &m}}), name)
	}
}

// aheadOfNow is a time as it arrives: in UTC, and of no monotonic clock.
func aheadOfNow(d time.Duration) time.Time { return time.Now().UTC().Round(0).Add(d) }

func refusedTooFarAhead(t *fixture) {
	start := hub.Message{
		Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e", StartAt: aheadOfNow(hub.MaxStartAhead + time.Hour),
	}
	event := hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E", KeepUntil: aheadOfNow(hub.MaxKeepAhead + time.Hour)}
	for _, m := range []hub.Message{start, event} {
		_, err := t.hub.Post(t.ctx, m)
		require.ErrorIs(t, err, hub.ErrTooFarAhead)
	}
}

func refusedReceipts(t *fixture) {
	b := t.openAll(nil)
	for _, receipt := range []string{"default.to.i.terminate", "$JS.API.STREAM.DELETE.x", "_inbox.x", "INBOX.x", "x._INBOX.y"} {
		m := hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E", Receipt: receipt}
		_, err := t.hub.Post(t.ctx, m)
		require.ErrorIs(t, err, ident.ErrInvalidName, receipt)
		require.ErrorIs(t, t.hub.Reply(t.ctx, receipt, history.Delivered), ident.ErrInvalidName, receipt)
	}
	require.NoError(t, t.hub.Reply(t.ctx, "_INBOX.nobody.1", history.Delivered), "nobody may be listening")
	require.Empty(t, b.marker(t, "i"))
}
