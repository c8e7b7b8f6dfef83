package history

import (
	"fmt"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

// Status is the state of an instance as its users see it.
type Status uint8

// The states, in the field's standard terms. The numbers are stored.
const (
	// Unknown: the value of the instance cannot be read. It is never stored.
	Unknown Status = 0
	// Pending: accepted, no line of its code has run yet.
	Pending Status = 1
	// Running: started and not ended, be it at work or waiting.
	Running Status = 2
	// Suspended: keeps what it receives and handles it on resume.
	Suspended Status = 3
	// Completed: returned an output.
	Completed Status = 4
	// Failed: returned an error, or panicked.
	Failed Status = 5
	// Terminated: ended from outside.
	Terminated Status = 6
	// ContinuedAsNewStatus and Canceled are the field's, but no instance is in one
	// of them: they are only accepted in filters. One that continues as new is Running,
	// one that its parent has cancelled is Terminated.
	ContinuedAsNewStatus Status = 7
	Canceled             Status = 8
	// Expected is no instance at all: events are kept for one of that id.
	Expected Status = 9
)

var statusNames = [...]string{
	Unknown: "Unknown",
	Pending: "Pending", Running: "Running", Suspended: "Suspended", Completed: "Completed",
	Failed: "Failed", Terminated: "Terminated", ContinuedAsNewStatus: "ContinuedAsNew", Canceled: "Canceled",
	Expected: "Expected",
}

// String returns the status as written in listings and in the HTTP API.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// ParseStatus is the inverse of [Status.String].
func ParseStatus(name string) (Status, error) {
	instances := statusNames[Pending:Expected]
	for i, n := range instances {
		if ident.Fold(n) == ident.Fold(name) {
			return Pending + Status(i), nil
		}
	}
	return 0, fmt.Errorf("unknown status %q: use one of %s", name, strings.Join(instances, ", "))
}

// IsInstance reports whether there is an instance: in any state but Expected.
func (s Status) IsInstance() bool { return s != Expected }

// Ended reports whether an instance in this state has ended. It stays so unless it is
// rewound, or another instance is started in its place.
func (s Status) Ended() bool {
	return s == Completed || s == Failed || s == Terminated || s == Canceled
}
