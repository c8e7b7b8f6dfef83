package history

// Execution is what identifies one run of an orchestrator, and what it is given.
type Execution struct {
	Instance string
	// ID differs for every run of the instance and every generation of a run.
	ID         string
	Name       string
	Generation int64
	// Input is JSON, nil for none.
	Input []byte
	// MaxPayload is the largest payload in bytes that the hub stores, 0 for any.
	MaxPayload int
}

// View is what an orchestrator shows of itself between two inputs.
type View struct {
	// Waits are what it waits for, oldest first, at most a few dozen.
	Waits []Wait
	// CustomStatus is JSON, nil if never set.
	CustomStatus []byte
	// Unconsumed are the external events and held inputs that an ended generation
	// leaves to the next, in the order of their arrival.
	Unconsumed []Event
}
