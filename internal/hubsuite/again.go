package hubsuite

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

var againPromises = []promise[*fixture]{
	{"activities/how it is called arrives", activityCall},
	{"activities/one that was done runs again when it is rewound", rewoundAfterDone},
	{"activities/one that is at work runs again when it is rewound", rewoundAtWork},
	{"timers/one that has fired fires again when it is set again", timerRewound},
	{"timers/one that is set again fires at the new time", timerMoved},
}

func activityCall(t *fixture) {
	out, _ := t.work("Act", 1)
	for n, call := range []record.Call{
		{First: 3, Attempt: 2, Timeout: 90 * time.Second},
		{Attempt: 1},
		{Timeout: 1500 * time.Millisecond},
		{},
	} {
		command := run("Act", "i", int64(n+1))
		command.Run.Call = call
		t.do(command)
		h := receive(t, "the activity", out)
		require.Equal(t, *command.Run, h.Activity)
		h.finish(t)
	}
}

// rewound is the activity as it is asked for again.
func rewound(c hub.Command) hub.Command {
	a := *c.Run
	a.Execution = record.ParseExecutionID(a.Execution, 0).Rewound().String()
	return hub.Command{Run: &a}
}

func rewoundAfterDone(t *fixture) {
	out, _ := t.work("Act", 1)
	command := run("Act", "i", 1)
	for n := range 3 {
		t.do(command)
		h := receive(t, "the activity", out)
		require.Equal(t, *command.Run, h.Activity)
		require.Equal(t, 1, h.Attempt, "run %d", n)
		h.finish(t)
		command = rewound(command)
	}
}

// The result of a first run is stored before the run is acked, and somebody may
// rewind between the two.
func rewoundAtWork(t *fixture) {
	out, _ := t.work("Act", 2)
	first := run("Act", "i", 1)
	t.do(first)
	h := receive(t, "the first run", out)
	t.do(rewound(first), rewound(first))
	h.finish(t)
	receive(t, "the second run", out).finish(t)
}

func timerRewound(t *fixture) {
	b := t.openAll(nil)
	t.do(set("i", "e", 1, time.Now()))
	b.awaitMessage(t, fired("i", "e", 1))
	again := time.Now()
	t.do(set("i", "e", 1, again))
	b.await(t, "the timer again", func(all []arrival) bool { return count(fired("i", "e", 1), all) == 2 })
	// Not only delivered again, as it would be in time since nobody has acked it.
	require.Less(t, time.Since(again), 30*time.Second)
}

func timerMoved(t *fixture) {
	b := t.openAll(nil)
	now := time.Now()
	t.do(set("i", "e", 1, now.Add(time.Hour)), set("i", "e", 2, now.Add(500*time.Millisecond)))
	t.do(set("i", "e", 1, now.Add(time.Second)), set("i", "e", 2, now.Add(time.Hour)))
	all := b.awaitLate(t, now.Add(time.Second))
	require.Equal(t, 1, count(fired("i", "e", 1), all))
	require.Zero(t, count(fired("i", "e", 2), all))
}
