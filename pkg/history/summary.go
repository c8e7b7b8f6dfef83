package history

import "time"

// Summary is an instance as a listing shows it. It is read without the instance's history.
type Summary struct {
	Instance string
	Name     string
	Status   Status
	Tags     Tags
	Created  time.Time
	Updated  time.Time
	// Blocked is the beginning of the reason why the instance cannot go on, on one line; empty
	// if it can go on.
	Blocked string
	// Revision is that of the instance's record. A listing in the order of changes can go on
	// behind it.
	Revision uint64
}
