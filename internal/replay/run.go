package replay

import (
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Execution is what identifies one run of an orchestrator, and what it is given.
type Execution struct {
	Instance string
	// ID differs for every run of the instance and every generation of a run, but not
	// where it was rewound.
	ID         string
	Name       string
	Generation int64
	// Version of the orchestrator's code, empty where nobody has said.
	Version string
	// Parent is whom the result is for, nil for nobody.
	Parent *record.Parent
	// Input is JSON, nil for none.
	Input []byte
	// CustomStatus is what the instance shows of itself until its code sets another;
	// JSON, nil for none.
	CustomStatus []byte
	// MaxPayload is the largest payload in bytes that the hub stores, 0 for any.
	MaxPayload int
}

// MostWaits is how many waits are shown of one instance at most.
const MostWaits = 50

// View is what an orchestrator shows of itself between two inputs.
type View struct {
	// Waits are what it waits for, oldest first, at most a few dozen.
	Waits []history.Wait
	// CustomStatus is JSON, nil if never set.
	CustomStatus []byte
	// Unconsumed are the external events and held inputs that an ended generation
	// leaves to the next, in the order of their arrival.
	Unconsumed []record.Event
}
