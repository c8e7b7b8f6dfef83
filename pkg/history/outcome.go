package history

// Outcome is what became of an external event.
type Outcome string

// What can become of an external event.
const (
	// Delivered: a wait has taken it.
	Delivered Outcome = "delivered"
	// Buffered: the instance keeps it until it is waited for.
	Buffered Outcome = "buffered"
	// Kept: there is no instance yet; the hub keeps it for one of that id.
	Kept Outcome = "kept"
	// Duplicate: the instance has had an event of that id.
	Duplicate Outcome = "duplicate"
	// Discarded: there is no instance, or it has ended; or the event is a dead letter.
	Discarded Outcome = "discarded"
)
