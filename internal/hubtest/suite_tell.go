package hubtest

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
)

var tellPromises = []promise{
	{"tell/all that one instance says to another arrives", toldArrives},
	{"tell/in the order of the commands, before later ones", toldInOrder},
	{"tell/what differs is told apart", toldApart},
	{"tell/telling again is no error", toldAgain},
}

func tell(m history.Message) history.Command { return history.Command{Tell: &m} }

func toldArrives(t *trial) {
	b := t.openAll(nil)
	parent := &history.Parent{Instance: "p", Execution: "e1", Task: 2}
	messages := []history.Message{
		{Verb: history.VerbStart, Arg: "Child", Execution: "c1", Replaces: history.AnyEnded, Parent: parent, Data: []byte("1")},
		{Verb: history.VerbRaise, Arg: "E", ID: "e1/3", Data: []byte(`"x"`)},
		{Verb: history.VerbTerminate, Execution: "c1", Parent: parent, Data: []byte(`"enough"`)},
		{Verb: history.VerbRewind, Execution: "c1"},
		{Verb: history.VerbCompleted, Execution: "e1", Arg: "2", Data: []byte("[1]")},
		{Verb: history.VerbFailed, Execution: "e1", Arg: "3", Data: []byte(`{"type":"t","message":"m"}`)},
	}
	var commands []history.Command
	for _, m := range messages {
		commands = append(commands, tell(with(m, "i")))
	}
	t.do(commands...)
	all := b.await(t, "all messages", func(all []arrival) bool { return len(all) >= len(messages) })
	for n, m := range messages {
		require.Equal(t, with(m, "i"), all[n].Message)
	}
}

// What is told is stored when Do returns, in the order of the commands.
func toldInOrder(t *trial) {
	var commands []history.Command
	const count = 50
	for n := range count {
		raise := history.Message{Instance: "i", Verb: history.VerbRaise, Arg: "E", ID: fmt.Sprint("e1/", n)}
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

func toldApart(t *trial) {
	b := t.openAll(nil)
	start := history.Message{Verb: history.VerbStart, Arg: "Child", Execution: "c1", Replaces: history.AnyEnded}
	other := start
	other.Execution = "c2"
	start.Parent = &history.Parent{Instance: "p", Execution: "e1", Task: 2}
	rewound := start
	rewound.Parent = &history.Parent{Instance: "p", Execution: history.Rewound("e1"), Task: 2}
	raise := history.Message{Verb: history.VerbRaise, Arg: "E", ID: "e1/3"}
	otherID := raise
	otherID.ID = "e1/4"
	end := history.Message{Verb: history.VerbTerminate, Execution: "c1"}
	otherEnd := end
	otherEnd.Execution = "c2"
	result := history.Message{Verb: history.VerbFailed, Execution: "e1", Arg: "3"}
	otherResult := result
	otherResult.Execution = history.Rewound("e1")
	var commands []history.Command
	for _, m := range []history.Message{start, rewound, other, raise, otherID, end, otherEnd, result, otherResult} {
		commands = append(commands, tell(with(m, "i")), tell(with(m, "j")))
	}
	// These have nothing by which they could be known again.
	for range 2 {
		for _, m := range []history.Message{
			{Verb: history.VerbRaise, Arg: "E"}, {Verb: history.VerbTerminate}, {Verb: history.VerbRewind, Execution: "c1"},
		} {
			commands = append(commands, tell(with(m, "i")))
		}
	}
	t.do(commands...)
	b.await(t, "all messages", func(all []arrival) bool { return len(all) >= len(commands) })
}

func toldAgain(t *trial) {
	b := t.openAll(nil)
	start := tell(history.Message{Instance: "i", Verb: history.VerbStart, Arg: "Child", Execution: "c1", Replaces: history.AnyEnded})
	raise := tell(history.Message{Instance: "i", Verb: history.VerbRaise, Arg: "E", ID: "e1/3"})
	t.do(start, raise, start)
	t.do(start, raise)
	// A repeat may be delivered or not; the first comes first.
	got := b.marker(t, "i")
	require.NotEmpty(t, got)
	require.Equal(t, history.VerbStart, got[0].Verb)
	require.True(t, slices.ContainsFunc(got, func(a arrival) bool { return a.ID == "e1/3" }))
}
