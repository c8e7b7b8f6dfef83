package hubsuite

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

var timerPromises = []promise[*fixture]{
	{"timers/fire once, never early", timerFires},
	{"timers/that are due already fire at once", timerOverdue},
	{"timers/fire in the order they are due", timersInOrder},
	{"timers/a cancelled one does not fire", timerCancelled},
	{"timers/cancelling what is not there is harmless", cancelNothing},
	{"timers/a timer set again fires once", timerSetAgain},
	{"timers/commands are done in order", commandsInOrder},
	{"timers/cancelling takes back that timer only", cancelExactly},
	{"timers/odd instance ids", timersOfOddInstances},
	{"timers/no commands at all", noCommands},
}

// A hub's timers may be this late, so that a timer that is due as much later
// fires after what should have fired before, if that fires at all.
const timerSlack = 2 * time.Second

func set(instance, execution string, task int64, at time.Time) hub.Command {
	return hub.Command{Set: &hub.Timer{Instance: instance, Execution: execution, Task: task, At: at}}
}

func cancel(instance, execution string, task int64) hub.Command {
	return hub.Command{Cancel: &hub.Timer{Instance: instance, Execution: execution, Task: task}}
}

// fired is the message of a timer.
func fired(instance, execution string, task int64) hub.Message {
	return hub.Message{Instance: instance, Verb: hub.VerbFired, Arg: record.TaskArg(task), Execution: execution}
}

// awaitMessage returns all that has arrived once a message has.
func (b *inbox) awaitMessage(t *fixture, m hub.Message) []arrival {
	t.Helper()
	return b.await(t, string(m.Verb)+" of "+m.Instance, func(all []arrival) bool { return count(m, all) > 0 })
}

// count counts the arrivals of a message, payloads aside.
func count(m hub.Message, all []arrival) int {
	n := 0
	for _, a := range all {
		if same(a.Message, m) {
			n++
		}
	}
	return n
}

func same(a, b hub.Message) bool {
	return a.Instance == b.Instance && a.Verb == b.Verb && a.Arg == b.Arg && a.Execution == b.Execution
}

// awaitLate sets a timer of an instance of its own that is due the slack after
// the given time, and returns all that has arrived when it fires.
func (b *inbox) awaitLate(t *fixture, after time.Time) []arrival {
	t.Helper()
	t.do(set("late", "e", 1, after.Add(timerSlack)))
	return b.awaitMessage(t, fired("late", "e", 1))
}

func timerFires(t *fixture) {
	b := t.openAll(nil)
	var commands []hub.Command
	due := map[int64]time.Time{}
	for task := int64(1); task <= 10; task++ {
		// Odd fractions of a second, which must not be rounded down.
		due[task] = time.Now().Add(time.Duration(task) * 123_456_789)
		commands = append(commands, set("i", "e1", task, due[task]))
	}
	t.do(commands...)
	all := b.awaitLate(t, due[10])
	for task, at := range due {
		require.Equal(t, 1, count(fired("i", "e1", task), all))
		i := slices.IndexFunc(all, func(a arrival) bool { return same(a.Message, fired("i", "e1", task)) })
		require.False(t, all[i].at.Before(at), "timer %d fired %v early", task, at.Sub(all[i].at))
		require.Empty(t, all[i].Data)
	}
}

func timerOverdue(t *fixture) {
	b := t.openAll(nil)
	t.do(set("i", "e", 1, time.Now().Add(-time.Hour)), set("i", "e", 2, time.Now()))
	b.awaitMessage(t, fired("i", "e", 1))
	b.awaitMessage(t, fired("i", "e", 2))
}

func timersInOrder(t *fixture) {
	b := t.openAll(nil)
	now := time.Now()
	t.do(set("i", "e", 1, now.Add(100*time.Millisecond+2*timerSlack)),
		set("i", "e", 2, now.Add(100*time.Millisecond)),
		set("i", "e", 3, now.Add(100*time.Millisecond+timerSlack)))
	var args []string
	for _, a := range of("i", b.awaitMessage(t, fired("i", "e", 1))) {
		args = append(args, a.Arg)
	}
	require.Equal(t, []string{"2", "3", "1"}, args)
}

func timerCancelled(t *fixture) {
	b := t.openAll(nil)
	at := time.Now().Add(time.Second)
	t.do(set("i", "e", 1, at), set("i", "e", 2, at))
	t.do(cancel("i", "e", 1))
	t.do(cancel("i", "e", 1))
	all := b.awaitLate(t, at)
	require.Zero(t, count(fired("i", "e", 1), all))
	require.Equal(t, 1, count(fired("i", "e", 2), all))
}

func cancelNothing(t *fixture) {
	t.do(cancel("nobody", "e", 1))
	b := t.openAll(nil)
	t.do(set("i", "e", 1, time.Now()))
	b.awaitMessage(t, fired("i", "e", 1))
	t.do(cancel("i", "e", 1))
}

func timerSetAgain(t *fixture) {
	b := t.openAll(nil)
	at := time.Now().Add(time.Second)
	for range 3 {
		t.do(set("i", "e", 1, at))
	}
	require.Equal(t, 1, count(fired("i", "e", 1), b.awaitLate(t, at)))
}

func commandsInOrder(t *fixture) {
	b := t.openAll(nil)
	at := time.Now().Add(time.Second)
	t.do(set("i", "e", 1, at), cancel("i", "e", 1), cancel("i", "e", 2), set("i", "e", 2, at))
	all := b.awaitLate(t, at)
	require.Zero(t, count(fired("i", "e", 1), all))
	require.Equal(t, 1, count(fired("i", "e", 2), all))
}

func cancelExactly(t *fixture) {
	b := t.openAll(nil)
	at := time.Now().Add(time.Second)
	others := []hub.Timer{
		{Instance: "i", Execution: "e", Task: 11},
		{Instance: "i", Execution: "e2", Task: 1},
		{Instance: "i.e", Execution: "e", Task: 1},
		{Instance: "j", Execution: "e", Task: 1},
		{Instance: "*", Execution: "e", Task: 1},
		{Instance: ">", Execution: "e", Task: 1},
	}
	t.do(set("i", "e", 1, at))
	for _, o := range others {
		t.do(set(o.Instance, o.Execution, o.Task, at))
	}
	t.do(cancel("i", "e", 1), cancel("*", "e", 1), cancel(">", "e", 1))
	all := b.awaitLate(t, at)
	require.Zero(t, count(fired("i", "e", 1), all))
	for _, o := range others[:4] {
		require.Equal(t, 1, count(fired(o.Instance, o.Execution, o.Task), all), "%v", o)
	}
	for _, o := range others[4:] {
		require.Zero(t, count(fired(o.Instance, o.Execution, o.Task), all), "%v", o)
	}
}

func timersOfOddInstances(t *fixture) {
	b := t.openAll(nil)
	now := time.Now()
	for _, id := range oddIDs {
		t.do(set(id, "e", 1, now))
	}
	all := b.awaitLate(t, now)
	for _, id := range oddIDs {
		require.Equal(t, 1, count(fired(id, "e", 1), all), "instance %q", id)
	}
}

func noCommands(t *fixture) { t.do() }
