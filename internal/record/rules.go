package record

// Which wait an external event goes to, and how numbers are read, as of the Task of the
// event that opens a history. Neither is stored, replay finds it out again: so a history
// is always replayed by the rules that it was begun with. The numbers are stored.
const (
	// OldestWait gives an event to the oldest wait for its name that is in line.
	OldestWait int64 = 0
	// AwaitedFirst gives an event to the oldest wait for its name that some branch is
	// waiting on; only if there is none, to the oldest that is in line. Numbers are read
	// exactly: an any loses no digit, and an integer takes 42.0.
	AwaitedFirst int64 = 1
	// NewestRule is the one that executions are begun with.
	NewestRule = AwaitedFirst
)
