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

// pair runs one random program in two harnesses at once, with the same inputs.
// In the first the orchestrator stays in memory, and after each input its history
// is replayed from scratch. In the second it is unloaded now and then.
type pair struct {
	steady, restless *harness
	asked            []int64 // all activities, children, timers and sent events
	running          []int64 // activities and children without a result
	ticking          []int64 // timers that have not fired
	set              []int64 // timers that were not cancelled
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
		p := &pair{steady: harnessFor(t, r, "Test", ""), restless: harnessFor(t, r, "Test", "")}
		defer func() {
			p.steady.close()
			p.restless.close()
		}()
		p.restless.trusting = true
		p.hand(t, anyStart(t))
		for range rapid.IntRange(1, 25).Draw(t, "inputs") {
			p.hand(t, p.anyInput(t))
		}
	})
}

// anyStart draws a start, at once or later.
func anyStart(t *rapid.T) record.Event {
	rule := rapid.Int64Range(record.OldestWait, record.NewestRule).Draw(t, "rule")
	if rapid.IntRange(0, 4).Draw(t, "delay") == 0 {
		return record.Delayed("Test", "", dawn.Add(time.Hour)).By(rule)
	}
	return record.Event{Kind: history.ExecutionStarted, Name: "Test", Task: rule}
}

func (p *pair) hand(t *rapid.T, input record.Event) {
	if rapid.IntRange(0, 2).Draw(t, "unload") == 0 {
		p.restless.reload()
	}
	over := p.steady.end() != nil
	took := input.Kind == history.EventRaised && !p.suspended && p.isWaitedFor(input.Name)
	decisions := p.steady.hand(input)
	if over {
		require.Empty(t, decisions, "it has ended")
	}
	require.Equal(t, took, p.steady.x.Took())
	require.Equal(t, withoutStacks(decisions), withoutStacks(p.restless.hand(input)))
	require.Equal(t, p.steady.x.View(), p.restless.x.View())
	p.end(input)
	for _, d := range decisions {
		p.note(t, d)
	}
}

// end notes the tasks that an input ends. A timer that fired while the orchestrator was
// suspended may be taken back all the same, when it sees its event first.
func (p *pair) end(input record.Event) {
	switch input.Kind {
	case history.ExecutionSuspended:
		p.suspended = true
	case history.ExecutionResumed:
		p.suspended = false
	case history.TaskCompleted, history.TaskFailed:
		p.running = without(p.running, input.Task)
	case history.TimerFired:
		p.ticking = without(p.ticking, input.Task)
	}
}

func (p *pair) note(t *rapid.T, d record.Event) {
	switch d.Kind {
	case history.TaskScheduled, history.ChildScheduled, history.TimerCreated:
		p.asked = append(p.asked, d.Task)
	}
	switch d.Kind {
	case history.TaskScheduled, history.ChildScheduled:
		p.running = append(p.running, d.Task)
	case history.ChildTerminated:
		require.Contains(t, p.asked, d.Task, "a child that was not asked for was terminated")
		p.running = without(p.running, d.Task)
	case history.EventSent:
		require.NotContains(t, p.asked, d.Task, "a number was given twice")
		p.asked = append(p.asked, d.Task)
	case history.VersionMarked:
		require.NotContains(t, p.marked, d.Name, "a version was marked twice")
		p.marked = append(p.marked, d.Name)
	case history.TimerCreated:
		p.ticking, p.set = append(p.ticking, d.Task), append(p.set, d.Task)
	case history.TimerCancelled:
		require.Contains(t, p.set, d.Task, "a timer that was not set was taken back")
		p.ticking, p.set = without(p.ticking, d.Task), without(p.set, d.Task)
	case history.ExecutionCompleted, history.ContinuedAsNew, history.ExecutionFailed:
		require.Empty(t, p.ticking, "a timer outlives its orchestrator")
	}
}

func (p *pair) isWaitedFor(event string) bool {
	return slices.ContainsFunc(p.steady.waits(), func(name string) bool { return ident.Fold(name) == ident.Fold(event) })
}

func without(tasks []int64, task int64) []int64 {
	return slices.DeleteFunc(tasks, func(other int64) bool { return other == task })
}

// anyInput draws an input that the orchestrator may get: events at any time,
// results of running tasks, and now and then inputs that come twice or too late.
func (p *pair) anyInput(t *rapid.T) record.Event {
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
		e.Task, e.Data = p.anyOf(t, p.running), payload(`"ok"`)
	case history.TaskFailed:
		e.Task, e.Failure = p.anyOf(t, p.running), &history.Failure{Type: "T", Message: "no"}
	case history.TimerFired, history.TimerRewound:
		e.Task = p.anyOf(t, p.ticking)
	case history.TaskRewound:
		e.Task = p.anyOf(t, p.running)
	}
	return e
}

// anyOf draws one of the tasks, or now and then one that is over or never was:
// but none that is still to come, which no hub would send.
func (p *pair) anyOf(t *rapid.T, tasks []int64) int64 {
	if len(tasks) == 0 || rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		return rapid.SampledFrom(append([]int64{0, 1000}, p.asked...)).Draw(t, "task")
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
		p := &pair{steady: harnessFor(t, before, "Test", ""), restless: harnessFor(t, before, "Test", "")}
		defer func() {
			p.steady.close()
			p.restless.close()
		}()
		// The new code would not make the first decisions of the old code again.
		p.steady.trusting, p.restless.trusting = true, true
		p.hand(t, anyStart(t))
		for range rapid.IntRange(0, 8).Draw(t, "inputs before") {
			p.hand(t, p.anyInput(t))
		}
		p.steady.registry, p.restless.registry = after, after
		p.steady.reload()
		p.restless.reload()
		for range rapid.IntRange(1, 15).Draw(t, "inputs after") {
			p.hand(t, p.anyInput(t))
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
