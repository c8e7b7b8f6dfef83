package replay

import (
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Execution identifies one run of an orchestrator, and holds its input.
type Execution struct {
	Instance string
	// ID differs for every run of the instance and every generation of a run, but not
	// where it was rewound.
	ID         string
	Name       string
	Generation int64
	// Version of the orchestrator's code, empty if the start did not ask for one.
	Version string
	// Parent gets the result, nil for none.
	Parent *record.Parent
	// Input is JSON, nil for none.
	Input []byte
	// CustomStatus is the status that the instance shows until its code sets another; JSON,
	// nil for none.
	CustomStatus []byte
	// MaxPayload is the largest payload in bytes that the hub stores, 0 for any.
	MaxPayload int
}

// MostWaits bounds the waits that one instance shows.
const MostWaits = 50

// View is the state that an orchestrator shows between two inputs.
type View struct {
	// Waits are the tasks and events that it waits for, oldest first, at most [MostWaits].
	Waits []history.Wait
	// CustomStatus is JSON, nil if never set.
	CustomStatus []byte
	// Unconsumed are the external events that an ended generation leaves to the next, in the
	// order of their arrival: those that came while it was suspended included.
	Unconsumed []record.Event
}
