package turn

import (
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

// Executor runs the code of orchestrators.
type Executor interface {
	// Begin returns the live orchestrator of an execution, replayed up to the end
	// of events. An error means that the code cannot take it up as it is: it is
	// not here, it does not agree with the events, or it does not come back.
	Begin(info replay.Execution, events []record.Event) (Orchestrator, error)
	// Newest returns the version of the orchestrator's code that new instances and
	// generations get, empty if it has none.
	Newest(orchestrator string) string
}

// Orchestrator is an orchestrator's code, run up to where it waits.
type Orchestrator interface {
	// Handle hands it one input and returns the decisions it makes. After an error
	// it is good for nothing but to be closed: the input has had no effect.
	Handle(input record.Event) ([]record.Event, error)
	// Took reports whether a wait has taken the external event that was handed over
	// last.
	Took() bool
	// Awaits reports whether an activity, child or timer is open for the code too: it
	// has neither ended nor been cancelled.
	Awaits(task int64) bool
	// View returns its waits and its custom status.
	View() replay.View
	// Close unloads it.
	Close()
}
