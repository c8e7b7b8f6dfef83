package history

// Log is a run of events together with its stored form, so that a turn encodes
// only what it adds. The zero Log is empty.
type Log struct {
	Events []Event
	stored []byte
}

// NewLog returns a log of events.
func NewLog(events ...Event) Log {
	var l Log
	return l.With(events)
}

// ParseLog reads a log's stored form. The log keeps stored.
func ParseLog(stored []byte) (Log, error) {
	events, err := decodeEvents(stored)
	if err != nil {
		return Log{}, err
	}
	return Log{Events: events, stored: stored}, nil
}

// With returns the log with events appended. The two may share memory: only the
// newest log of a line may be appended to.
func (l Log) With(events []Event) Log {
	return Log{
		Events: append(l.Events, events...),
		stored: appendEvents(l.stored, events),
	}
}

// Stored returns the stored form. Those of two logs can be joined end to end.
func (l Log) Stored() []byte { return l.stored }

// Size is the length of the stored form, in bytes.
func (l Log) Size() int { return len(l.stored) }
