package history

import "time"

// Summary is what a listing shows of an instance, read without its value.
type Summary struct {
	Instance string
	Name     string
	Status   Status
	Tags     Tags
	Created  time.Time
	Updated  time.Time
	// Blocked is the beginning of why the instance cannot go on, on one line; empty when
	// it can.
	Blocked string
	// Revision of the value; also the cursor of the listing that goes on here.
	Revision uint64
}
