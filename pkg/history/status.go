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
	// Unknown: the record of the instance cannot be read. This status is never stored.
	Unknown Status = 0
	// Pending: the start is accepted, and no line of the code has run yet.
	Pending Status = 1
	// Running: the instance has started and not ended; its code is at work or waits.
	Running Status = 2
	// Suspended: the instance keeps the inputs that it receives, and handles them when it is
	// resumed.
	Suspended Status = 3
	// Completed: the code returned an output.
	Completed Status = 4
	// Failed: the code returned an error, or panicked.
	Failed Status = 5
	// Terminated: the instance was ended from outside.
	Terminated Status = 6
	// ContinuedAsNewStatus and Canceled are statuses of Durable Functions that no instance has
	// here. Filters accept them. An instance that continues as new is Running, and a child
	// that its parent has cancelled is Terminated.
	ContinuedAsNewStatus Status = 7
	Canceled             Status = 8
	// Expected is the status of an id that has kept events and no instance.
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

// IsInstance reports whether there is an instance: true for every status but Expected.
func (s Status) IsInstance() bool { return s != Expected }

// Ended reports whether an instance of this status has ended. An ended instance stays so
// unless it is rewound, or another instance is started in its place.
func (s Status) Ended() bool {
	return s == Completed || s == Failed || s == Terminated || s == Canceled
}
