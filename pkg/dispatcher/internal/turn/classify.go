package turn

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// verdict says how a control message was taken.
type verdict uint8

const (
	// isTaken: it changes the instance.
	isTaken verdict = iota
	// known: the instance knows it by its content, and only its number is new.
	known
	// stray: it is meant for an instance, execution or task that is not there (any
	// more), and changes nothing.
	stray
	// behind: its number says that it was taken in by an earlier turn.
	behind
)

// isForLive reports whether a message may be meant for the live execution. A message that
// was stored before the start is not: the instance is there to be spoken to only since.
func isForLive(d *draft, m hub.Message) bool {
	return d.IsLive() && (d.history.started || endsClaim(d, m))
}

// endsClaim reports whether the message is to end an instance that was claimed and never
// started: it names the execution, so it was sent when the claim was there, and a start
// would have come before.
func endsClaim(d *draft, m hub.Message) bool {
	return m.Verb == hub.VerbTerminate && m.Execution == d.Record.Execution && m.Execution != ""
}

// classify judges a control message for a live execution, other than a start or a rewind,
// and returns the event that it becomes.
func classify(d *draft, m hub.Message) (record.Event, verdict) {
	input := record.Event{Time: d.time(), Name: m.Arg, Data: m.Data}
	if m.Execution != "" && !isMeant(d, m) {
		return input, stray
	}
	switch m.Verb {
	case hub.VerbRaise:
		return record.Raised(m.Arg, m.ID, m.Data).On(input.Time), verdictIf(d.history.knows(m.Arg, m.ID), known)
	case hub.VerbTerminate:
		input.Kind = history.ExecutionTerminated
	case hub.VerbSuspend:
		input.Kind = history.ExecutionSuspended
		return input, verdictIf(d.history.suspended, known)
	case hub.VerbResume:
		input.Kind = history.ExecutionResumed
		return input, verdictIf(!d.history.suspended, known)
	case hub.VerbCompleted, hub.VerbFailed, hub.VerbFired:
		return classifyResult(d, m, input.Time)
	default:
		return input, stray
	}
	return input, isTaken
}

// isMeant reports whether a message that names an execution means this one. A terminate
// means all generations of its run, but not a run that a parent has asked for again since,
// after it was rewound.
func isMeant(d *draft, m hub.Message) bool {
	if m.Verb == hub.VerbTerminate {
		return record.IsRunOf(m.Execution, d.Record.Execution) && !isNewer(d.Record.Parent, m.Parent)
	}
	return m.Execution == d.Record.Execution
}

// classifyResult judges the result of an activity, or a timer that is due.
func classifyResult(d *draft, m hub.Message, now time.Time) (record.Event, verdict) {
	input := record.Event{Time: now, Task: m.Task(), Data: m.Data}
	asked, open := d.history.isOpen(input.Task)
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
		if asked.Due().After(input.Time) {
			input.Time = asked.Due()
		}
	}
	return input, verdictIf(!open, stray)
}

func verdictIf(condition bool, v verdict) verdict {
	if condition {
		return v
	}
	return isTaken
}

// heldBack returns why an instance that is held back cannot take in a message, nil if it can:
// a start takes the place of an instance that has ended, and other messages to an instance
// that has ended change nothing.
func heldBack(d *draft, m hub.Message) error {
	switch {
	case d.HeldBack == nil:
	case !d.Exists, !d.Record.Status.Ended():
		return d.HeldBack
	case m.Verb == hub.VerbRewind, m.Verb == hub.VerbRaise && m.KeepUntil.After(d.now):
		return d.HeldBack
	case m.Verb == hub.VerbStart && record.IsRunOf(m.Execution, d.Record.Execution):
		return d.HeldBack
	}
	return nil
}
