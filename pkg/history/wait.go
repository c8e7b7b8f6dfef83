package history

import "time"

// WaitKind says what a [Wait] waits for.
type WaitKind uint8

// The things that an orchestrator can wait for. The numbers are stored.
const (
	WaitEvent    WaitKind = 1
	WaitTimer    WaitKind = 2
	WaitActivity WaitKind = 3
	WaitChild    WaitKind = 4
)

// String returns the kind in lower case, as shown to users.
func (k WaitKind) String() string {
	switch k {
	case WaitEvent:
		return "event"
	case WaitTimer:
		return "timer"
	case WaitActivity:
		return "activity"
	case WaitChild:
		return "child"
	}
	return "unknown"
}

// Wait is one thing that an orchestrator waits for.
type Wait struct {
	Kind WaitKind
	// Name is that of the event, of the activity, or of the child's orchestrator.
	Name string
	// Task is that of the activity, child or timer, 0 for an event.
	Task int64
	// Since is when the wait began, Deadline when it gives up, zero for never.
	Since    time.Time
	Deadline time.Time
}
