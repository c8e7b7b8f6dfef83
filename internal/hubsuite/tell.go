package hubsuite

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

var tellPromises = []promise[*fixture]{
	{"tell/all that one instance says to another arrives", toldArrives},
	{"tell/in the order of the commands, before later ones", toldInOrder},
	{"tell/what differs is told apart", toldApart},
	{"tell/telling again is no error", toldAgain},
}

func tell(m hub.Message) hub.Command { return hub.Command{Tell: &m} }

func toldArrives(t *fixture) {
	b := t.openAll(nil)
	parent := &record.Parent{Instance: "p", Execution: "e1", Task: 2}
	messages := []hub.Message{
		{Verb: hub.VerbStart, Arg: "Child", Execution: "c1", Replaces: hub.AnyEnded, Parent: parent, Data: []byte("1")},
		{Verb: hub.VerbRaise, Arg: "E", ID: "e1/3", Data: []byte(`"x"`)},
		{Verb: hub.VerbTerminate, Execution: "c1", Parent: parent, Data: []byte(`"enough"`)},
		{Verb: hub.VerbRewind, Execution: "c1"},
		{Verb: hub.VerbCompleted, Execution: "e1", Arg: "2", Data: []byte("[1]")},
		{Verb: hub.VerbFailed, Execution: "e1", Arg: "3", Data: []byte(`{"type":"t","message":"m"}`)},
	}
	var commands []hub.Command
	for _, m := range messages {
		commands = append(commands, tell(with(m, "i")))
	}
	t.do(commands...)
	all := b.await(t, "all messages", func(all []arrival) bool { return len(all) >= len(messages) })
	for n, m := range messages {
		require.Equal(t, with(m, "i"), all[n].Message)
	}
}

// A message to another instance is stored when Send returns, in the order of the commands.
func toldInOrder(t *fixture) {
	var commands []hub.Command
	const count = 50
	for n := range count {
		raise := hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E", ID: fmt.Sprint("e1/", n)}
		commands = append(commands, run("Act", "i", int64(n+1)), tell(raise))
	}
	t.do(commands...)
	last := t.raise("i", "last")
	b := t.openAll(nil)
	var got []string
	for _, a := range b.awaitSeq(t, last) {
		got = append(got, a.ID)
	}
	var want []string
	for n := range count {
		want = append(want, fmt.Sprint("e1/", n))
	}
	require.Equal(t, append(want, ""), got)
}

func toldApart(t *fixture) {
	b := t.openAll(nil)
	start := hub.Message{Verb: hub.VerbStart, Arg: "Child", Execution: "c1", Replaces: hub.AnyEnded}
	other := start
	other.Execution = "c2"
	start.Parent = &record.Parent{Instance: "p", Execution: "e1", Task: 2}
	rewound := start
	rewound.Parent = &record.Parent{Instance: "p", Execution: record.ParseExecutionID("e1", 0).Rewound().String(), Task: 2}
	raise := hub.Message{Verb: hub.VerbRaise, Arg: "E", ID: "e1/3"}
	otherID := raise
	otherID.ID = "e1/4"
	end := hub.Message{Verb: hub.VerbTerminate, Execution: "c1"}
	otherEnd := end
	otherEnd.Execution = "c2"
	result := hub.Message{Verb: hub.VerbFailed, Execution: "e1", Arg: "3"}
	otherResult := result
	otherResult.Execution = record.ParseExecutionID("e1", 0).Rewound().String()
	var commands []hub.Command
	for _, m := range []hub.Message{start, rewound, other, raise, otherID, end, otherEnd, result, otherResult} {
		commands = append(commands, tell(with(m, "i")), tell(with(m, "j")))
	}
	// These have nothing by which they could be known again.
	for range 2 {
		for _, m := range []hub.Message{
			{Verb: hub.VerbRaise, Arg: "E"}, {Verb: hub.VerbTerminate}, {Verb: hub.VerbRewind, Execution: "c1"},
		} {
			commands = append(commands, tell(with(m, "i")))
		}
	}
	t.do(commands...)
	b.await(t, "all messages", func(all []arrival) bool { return len(all) >= len(commands) })
}

func toldAgain(t *fixture) {
	b := t.openAll(nil)
	start := tell(hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Child", Execution: "c1", Replaces: hub.AnyEnded})
	raise := tell(hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E", ID: "e1/3"})
	t.do(start, raise, start)
	t.do(start, raise)
	// A repeat may be delivered or not; the first comes first.
	got := b.marker(t, "i")
	require.NotEmpty(t, got)
	require.Equal(t, hub.VerbStart, got[0].Verb)
	require.True(t, slices.ContainsFunc(got, func(a arrival) bool { return a.ID == "e1/3" }))
}
