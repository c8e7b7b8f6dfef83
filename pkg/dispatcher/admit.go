package dispatcher

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
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
func (e *episode) admit(m history.Message, now time.Time) (history.Event, verdict) {
	input := history.Event{Time: e.time(now), Name: m.Arg, ID: m.ID, Data: m.Data}
	if m.Execution != "" && !e.isMeant(m) {
		return input, stray
	}
	switch m.Verb {
	case history.VerbRaise:
		input.Kind = history.EventRaised
		return input, unless(e.book.knows(m.Arg, m.ID), known)
	case history.VerbTerminate:
		input.Kind = history.ExecutionTerminated
	case history.VerbSuspend:
		input.Kind = history.ExecutionSuspended
		return input, unless(e.book.suspended, known)
	case history.VerbResume:
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
func (e *episode) isMeant(m history.Message) bool {
	if m.Verb == history.VerbTerminate {
		return history.IsRunOf(m.Execution, e.value.Execution) && !isNewer(e.value.Parent, m.Parent)
	}
	return m.Execution == e.value.Execution
}

// admitResult judges the result of an activity, or a timer that is due.
func (e *episode) admitResult(m history.Message, input history.Event) (history.Event, verdict) {
	input.Name, input.ID, input.Task = "", "", m.Task()
	asked, open := e.book.open[input.Task]
	switch m.Verb {
	case history.VerbCompleted:
		input.Kind = history.TaskCompleted
		open = open && asked.Kind != history.TimerCreated
	case history.VerbFailed:
		input.Kind, input.Data = history.TaskFailed, nil
		input.Failure = history.ParseFailure(m.Data)
		open = open && asked.Kind != history.TimerCreated
	case history.VerbFired:
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
