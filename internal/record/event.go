package record

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Event is one line of a history. Which fields carry meaning depends on Kind.
type Event struct {
	Kind history.Kind
	// Time is when the input was taken in; a decision has its input's time.
	// Times never run backwards within a history.
	Time time.Time
	// Task numbers activities, children, timers and sent events from 1, in the
	// order the code asked.
	Task int64
	// Name of the orchestrator, activity or external event.
	Name string
	// ID is the idempotency id that an external event was raised with; see the kinds
	// for what else it may be.
	ID string
	// Data is JSON, or nil for none.
	Data []byte
	// At is when a timer, or a delayed start, is due.
	At time.Time
	// Failure says why an activity or the instance failed.
	Failure *history.Failure
}

// String describes the event in a few words, for error messages and listings.
func (e Event) String() string {
	switch e.Kind {
	case history.TaskScheduled, history.TaskRewound:
		return fmt.Sprintf("%s #%d %q", e.Kind, e.Task, e.Name)
	case history.ChildScheduled, history.ChildRewound, history.EventSent:
		return fmt.Sprintf("%s #%d %q to instance %q", e.Kind, e.Task, e.Name, e.ID)
	case history.VersionMarked:
		return fmt.Sprintf("%s %q %d", e.Kind, e.Name, e.Task)
	case history.TimerCreated, history.TimerCancelled, history.TimerFired, history.TaskCompleted, history.TaskFailed, history.ChildTerminated, history.TimerRewound:
		return fmt.Sprintf("%s #%d", e.Kind, e.Task)
	case history.EventRaised, history.ExecutionStarted, history.ExecutionDelayed:
		return fmt.Sprintf("%s %q", e.Kind, e.Name)
	default:
		return e.Kind.String()
	}
}
