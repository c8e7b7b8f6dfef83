package run

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// verdict is what becomes of a control message.
type verdict uint8

const (
	// taken: it becomes an event of the history.
	taken verdict = iota
	// known: it was taken in before, and changes nothing.
	known
	// stray: it is meant for an instance, execution or task that is not there (any
	// more), and changes nothing.
	stray
)

// admit judges a control message for a live execution, other than a start, and
// returns the event it becomes.
func (e *episode) admit(m hub.Message, now time.Time) (record.Event, verdict) {
	input := record.Event{Time: e.time(now), Name: m.Arg, ID: m.ID, Data: m.Data}
	if m.Execution != "" && !e.isMeant(m) {
		return input, stray
	}
	switch m.Verb {
	case hub.VerbRaise:
		input.Kind = history.EventRaised
		return input, unless(e.book.knows(m.Arg, m.ID), known)
	case hub.VerbTerminate:
		input.Kind = history.ExecutionTerminated
	case hub.VerbSuspend:
		input.Kind = history.ExecutionSuspended
		return input, unless(e.book.suspended, known)
	case hub.VerbResume:
		input.Kind = history.ExecutionResumed
		return input, unless(!e.book.suspended, known)
	default:
		return e.admitResult(m, input)
	}
	return input, taken
}

// time returns the time of an input: a history's times never run backwards.
func (e *episode) time(now time.Time) time.Time {
	if e.book.last.After(now) {
		return e.book.last
	}
	return now
}

// isMeant reports whether a message that names an execution means this one. To
// terminate a run is to terminate it in any of its generations, unless a parent that
// was rewound since has asked for it again.
func (e *episode) isMeant(m hub.Message) bool {
	if m.Verb == hub.VerbTerminate {
		return record.IsRunOf(m.Execution, e.value.Execution) && !isNewer(e.value.Parent, m.Parent)
	}
	return m.Execution == e.value.Execution
}

// admitResult judges the result of an activity, or a timer that is due.
func (e *episode) admitResult(m hub.Message, input record.Event) (record.Event, verdict) {
	input.Name, input.ID, input.Task = "", "", m.Task()
	asked, open := e.book.open[input.Task]
	switch m.Verb {
	case hub.VerbCompleted:
		input.Kind = history.TaskCompleted
		open = open && asked.Kind != history.TimerCreated
	case hub.VerbFailed:
		input.Kind, input.Data = history.TaskFailed, nil
		input.Failure = history.ParseFailure(m.Data)
		open = open && asked.Kind != history.TimerCreated
	case hub.VerbFired:
		input.Kind, input.Data = history.TimerFired, nil
		open = open && asked.Kind == history.TimerCreated
		if asked.At.After(input.Time) {
			input.Time = asked.At
		}
	}
	return input, unless(!open, stray)
}

func unless(condition bool, v verdict) verdict {
	if condition {
		return v
	}
	return taken
}
