package replay

import "github.com/dormouse-dev/dormouse/internal/hub"

// ActivityRun is one run of an activity, as it is handed to users' code.
type ActivityRun struct {
	hub.Activity
	// Delivery counts how often this task has been handed to a worker, from 1.
	Delivery int
	// Details are the last progress details of an earlier run or attempt; JSON, nil for
	// none.
	Details []byte
	// Heartbeat keeps details for a later run or attempt. It does not wait until
	// they are stored; of many in a row the last counts. It may be nil.
	Heartbeat func(details []byte)
}
