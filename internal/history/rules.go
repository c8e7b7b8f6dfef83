package history

// Which wait an external event goes to, as of the Task of the event that opens a
// history. Which wait took an event is not stored, replay finds it out again: so a
// history is always replayed by the rule that it was begun with. The numbers are
// stored.
const (
	// OldestWait gives an event to the oldest wait for its name that is in line.
	OldestWait int64 = 0
	// AwaitedFirst gives an event to the oldest wait for its name that some branch is
	// waiting on; only if there is none, to the oldest that is in line.
	AwaitedFirst int64 = 1
	// NewestRule is the one that executions are begun with.
	NewestRule = AwaitedFirst
)
