package orchestration_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// theatre plays one random program on two stages at once, with the same inputs.
// On the first the orchestrator stays in memory, and after each input its history
// is replayed from scratch. On the second it is unloaded now and then.
type theatre struct {
	steady, restless *stage
	asked            []int64 // all activities, children, timers and sent events
	running          []int64 // activities and children without a result
	ticking          []int64 // timers that have not fired
	set              []int64 // timers that were not taken back
	marked           []string
	suspended        bool
}

// TestAnyProgramReplaysAsItRan: at every prefix of the history, replay from
// scratch gives the same decisions and the same view; and unloading an
// orchestrator at any point changes nothing.
func TestAnyProgramReplaysAsItRan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := anyOps(2).Draw(t, "program")
		r := &orchestration.Registry{}
		r.Add(orchestration.Orchestrator("Test", program(steps)))
		th := &theatre{steady: stageFor(t, r, "Test", ""), restless: stageFor(t, r, "Test", "")}
		defer func() {
			th.steady.close()
			th.restless.close()
		}()
		th.restless.trusting = true
		th.play(t, anyStart(t))
		for range rapid.IntRange(1, 25).Draw(t, "inputs") {
			th.play(t, th.anyInput(t))
		}
	})
}

// anyStart draws a start, at once or later.
func anyStart(t *rapid.T) record.Event {
	rule := rapid.Int64Range(record.OldestWait, record.NewestRule).Draw(t, "rule")
	if rapid.IntRange(0, 4).Draw(t, "delay") == 0 {
		return record.Event{Kind: history.ExecutionDelayed, Name: "Test", Task: rule, At: dawn.Add(time.Hour)}
	}
	return record.Event{Kind: history.ExecutionStarted, Name: "Test", Task: rule}
}

func (th *theatre) play(t *rapid.T, input record.Event) {
	if rapid.IntRange(0, 2).Draw(t, "unload") == 0 {
		th.restless.reload()
	}
	over := th.steady.end() != nil
	took := input.Kind == history.EventRaised && !th.suspended && th.isWaitedFor(input.Name)
	decisions := th.steady.hand(input)
	if over {
		require.Empty(t, decisions, "it has ended")
	}
	require.Equal(t, took, th.steady.x.Took())
	require.Equal(t, withoutStacks(decisions), withoutStacks(th.restless.hand(input)))
	require.Equal(t, th.steady.x.View(), th.restless.x.View())
	th.settle(input)
	for _, d := range decisions {
		th.book(t, d)
	}
}

// settle notes what an input ends. A timer that fired while the orchestrator was
// suspended may be taken back all the same, when it sees its event first.
func (th *theatre) settle(input record.Event) {
	switch input.Kind {
	case history.ExecutionSuspended:
		th.suspended = true
	case history.ExecutionResumed:
		th.suspended = false
	case history.TaskCompleted, history.TaskFailed:
		th.running = without(th.running, input.Task)
	case history.TimerFired:
		th.ticking = without(th.ticking, input.Task)
	}
}

func (th *theatre) book(t *rapid.T, d record.Event) {
	switch d.Kind {
	case history.TaskScheduled, history.ChildScheduled, history.TimerCreated:
		th.asked = append(th.asked, d.Task)
	}
	switch d.Kind {
	case history.TaskScheduled, history.ChildScheduled:
		th.running = append(th.running, d.Task)
	case history.ChildTerminated:
		require.Contains(t, th.asked, d.Task, "a child that was not asked for was terminated")
		th.running = without(th.running, d.Task)
	case history.EventSent:
		require.NotContains(t, th.asked, d.Task, "a number was given twice")
		th.asked = append(th.asked, d.Task)
	case history.VersionMarked:
		require.NotContains(t, th.marked, d.Name, "a version was marked twice")
		th.marked = append(th.marked, d.Name)
	case history.TimerCreated:
		th.ticking, th.set = append(th.ticking, d.Task), append(th.set, d.Task)
	case history.TimerCancelled:
		require.Contains(t, th.set, d.Task, "a timer that was not set was taken back")
		th.ticking, th.set = without(th.ticking, d.Task), without(th.set, d.Task)
	case history.ExecutionCompleted, history.ContinuedAsNew, history.ExecutionFailed:
		require.Empty(t, th.ticking, "a timer outlives its orchestrator")
	}
}

func (th *theatre) isWaitedFor(event string) bool {
	return slices.ContainsFunc(th.steady.waits(), func(name string) bool { return ident.Fold(name) == ident.Fold(event) })
}

func without(tasks []int64, task int64) []int64 {
	return slices.DeleteFunc(tasks, func(other int64) bool { return other == task })
}

// anyInput draws an input that the orchestrator may get: events at any time,
// results of what is at work, and now and then what comes twice or too late.
func (th *theatre) anyInput(t *rapid.T) record.Event {
	kind := rapid.SampledFrom([]history.Kind{
		history.EventRaised, history.EventRaised, history.EventRaised, history.TaskCompleted, history.TaskCompleted,
		history.TaskFailed, history.TimerFired, history.TimerFired, history.ExecutionSuspended, history.ExecutionResumed, history.ExecutionResumed,
		history.TaskRewound, history.TimerRewound,
	}).Draw(t, "input")
	e := record.Event{Kind: kind}
	switch kind {
	case history.EventRaised:
		e.Name = rapid.SampledFrom([]string{"A", "a", "B", "c"}).Draw(t, "name")
		e.Data = payload(rapid.SampledFrom([]string{"1", `"2"`, `"x"`, "", "{"}).Draw(t, "data"))
	case history.TaskCompleted:
		e.Task, e.Data = th.anyOf(t, th.running), payload(`"ok"`)
	case history.TaskFailed:
		e.Task, e.Failure = th.anyOf(t, th.running), &history.Failure{Type: "T", Message: "no"}
	case history.TimerFired, history.TimerRewound:
		e.Task = th.anyOf(t, th.ticking)
	case history.TaskRewound:
		e.Task = th.anyOf(t, th.running)
	}
	return e
}

// anyOf draws one of the tasks, or now and then one that is over or never was:
// but none that is still to come, which no hub would send.
func (th *theatre) anyOf(t *rapid.T, tasks []int64) int64 {
	if len(tasks) == 0 || rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		return rapid.SampledFrom(append([]int64{0, 1000}, th.asked...)).Draw(t, "task")
	}
	return rapid.SampledFrom(tasks).Draw(t, "task")
}

// TestAnyProgramMayBeChangedUnderVersions: a program is played for a while by code
// from before its changes, then by code that asks for their versions. It goes on
// where it was, however often it is unloaded.
func TestAnyProgramMayBeChangedUnderVersions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := anyOps(2).Draw(t, "program")
		before, after := &orchestration.Registry{}, &orchestration.Registry{}
		before.Add(orchestration.Orchestrator("Test", program(unchanged(steps))))
		after.Add(orchestration.Orchestrator("Test", program(steps)))
		th := &theatre{steady: stageFor(t, before, "Test", ""), restless: stageFor(t, before, "Test", "")}
		defer func() {
			th.steady.close()
			th.restless.close()
		}()
		// What the old code made at first, the new one would not make again.
		th.steady.trusting, th.restless.trusting = true, true
		th.play(t, anyStart(t))
		for range rapid.IntRange(0, 8).Draw(t, "inputs before") {
			th.play(t, th.anyInput(t))
		}
		th.steady.registry, th.restless.registry = after, after
		th.steady.reload()
		th.restless.reload()
		for range rapid.IntRange(1, 15).Draw(t, "inputs after") {
			th.play(t, th.anyInput(t))
		}
	})
}

// unchanged returns the program with nothing in the place of steps that ask for
// versions.
func unchanged(steps []op) []op {
	out := slices.Clone(steps)
	for i := range out {
		if out[i].Do == "version" {
			out[i].Do = "nothing"
		}
		out[i].Ops = unchanged(out[i].Ops)
	}
	return out
}
