package history

// Outcome says what became of an external event.
type Outcome string

// The outcomes of an external event.
const (
	// Delivered: a wait has taken the event.
	Delivered Outcome = "delivered"
	// Buffered: the instance keeps the event until its code waits for it.
	Buffered Outcome = "buffered"
	// Kept: there is no instance; the hub keeps the event for the next instance of that id.
	Kept Outcome = "kept"
	// Duplicate: the instance has had an event with that event id.
	Duplicate Outcome = "duplicate"
	// Discarded: there is no instance, the instance has ended, or the event is a dead letter.
	Discarded Outcome = "discarded"
)
