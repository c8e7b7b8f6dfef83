package orchestration_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// theatre plays one random program on two stages at once, with the same inputs.
// On the first the orchestrator stays in memory, and after each input its history
// is replayed from scratch. On the second it is unloaded now and then.
type theatre struct {
	steady, restless *stage
	asked            []int64 // all activities and timers
	running          []int64 // activities without a result
	ticking          []int64 // timers that have not fired
	set              []int64 // timers that were not taken back
}

// TestAnyProgramReplaysAsItRan: at every prefix of the history, replay from
// scratch gives the same decisions and the same view; and unloading an
// orchestrator at any point changes nothing.
func TestAnyProgramReplaysAsItRan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := anyOps(2).Draw(t, "program")
		r := &orchestration.Registry{}
		orchestration.RegisterOrchestrator(r, "Test", program(steps))
		th := &theatre{steady: stageFor(t, r, "Test", ""), restless: stageFor(t, r, "Test", "")}
		defer func() {
			th.steady.close()
			th.restless.close()
		}()
		th.restless.trusting = true
		th.play(t, history.Event{Kind: history.ExecutionStarted, Name: "Test"})
		for range rapid.IntRange(1, 25).Draw(t, "inputs") {
			th.play(t, th.anyInput(t))
		}
	})
}

func (th *theatre) play(t *rapid.T, input history.Event) {
	if rapid.IntRange(0, 2).Draw(t, "unload") == 0 {
		th.restless.reload()
	}
	over := th.steady.end() != nil
	decisions := th.steady.hand(input)
	if over {
		require.Empty(t, decisions, "it has ended")
	}
	require.Equal(t, withoutStacks(decisions), withoutStacks(th.restless.hand(input)))
	require.Equal(t, th.steady.x.View(), th.restless.x.View())
	th.settle(input)
	for _, d := range decisions {
		th.book(t, d)
	}
}

// settle notes what an input ends. A timer that fired while the orchestrator was
// suspended may be taken back all the same, when it sees its event first.
func (th *theatre) settle(input history.Event) {
	switch input.Kind {
	case history.TaskCompleted, history.TaskFailed:
		th.running = without(th.running, input.Task)
	case history.TimerFired:
		th.ticking = without(th.ticking, input.Task)
	}
}

func (th *theatre) book(t *rapid.T, d history.Event) {
	switch d.Kind {
	case history.TaskScheduled, history.TimerCreated:
		th.asked = append(th.asked, d.Task)
	}
	switch d.Kind {
	case history.TaskScheduled:
		th.running = append(th.running, d.Task)
	case history.TimerCreated:
		th.ticking, th.set = append(th.ticking, d.Task), append(th.set, d.Task)
	case history.TimerCancelled:
		require.Contains(t, th.set, d.Task, "a timer that was not set was taken back")
		th.ticking, th.set = without(th.ticking, d.Task), without(th.set, d.Task)
	case history.ExecutionCompleted, history.ContinuedAsNew, history.ExecutionFailed:
		require.Empty(t, th.ticking, "a timer outlives its orchestrator")
	}
}

func without(tasks []int64, task int64) []int64 {
	return slices.DeleteFunc(tasks, func(other int64) bool { return other == task })
}

// anyInput draws an input that the orchestrator may get: events at any time,
// results of what is at work, and now and then what comes twice or too late.
func (th *theatre) anyInput(t *rapid.T) history.Event {
	kind := rapid.SampledFrom([]history.Kind{
		history.EventRaised, history.EventRaised, history.EventRaised, history.TaskCompleted, history.TaskCompleted,
		history.TaskFailed, history.TimerFired, history.TimerFired, history.ExecutionSuspended, history.ExecutionResumed, history.ExecutionResumed,
	}).Draw(t, "input")
	e := history.Event{Kind: kind}
	switch kind {
	case history.EventRaised:
		e.Name = rapid.SampledFrom([]string{"A", "a", "B", "c"}).Draw(t, "name")
		e.Data = payload(rapid.SampledFrom([]string{"1", `"2"`, `"x"`, "", "{"}).Draw(t, "data"))
	case history.TaskCompleted:
		e.Task, e.Data = th.anyOf(t, th.running), payload(`"ok"`)
	case history.TaskFailed:
		e.Task, e.Failure = th.anyOf(t, th.running), &history.Failure{Type: "T", Message: "no"}
	case history.TimerFired:
		e.Task = th.anyOf(t, th.ticking)
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
