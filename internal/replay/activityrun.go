package replay

import "github.com/dormouse-dev/dormouse/internal/hub"

// ActivityRun is one run of an activity, as it is handed to users' code.
type ActivityRun struct {
	hub.Activity
	// Delivery counts how often this task has been handed to a worker, from 1.
	Delivery int
	// Details are what an earlier run or attempt last said of its progress; JSON,
	// nil for nothing.
	Details []byte
	// Heartbeat keeps details for a later run or attempt. It does not wait until
	// they are stored; of many in a row the last counts. Nil where nobody listens.
	Heartbeat func(details []byte)
}
