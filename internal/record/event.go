package record

import (
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

// String describes the event in a few words, for error messages.
func (e Event) String() string { return e.Public().String() }
