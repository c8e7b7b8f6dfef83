package record

// Log is a run of events together with its stored form, so that a turn encodes
// only what it adds. The zero Log is empty.
type Log struct {
	Events []Event
	stored []byte
}

// NewLog returns a log of events.
func NewLog(events ...Event) Log {
	return Log{Events: events, stored: appendEvents(nil, events)}
}

// ParseLog reads a log's stored form. The log keeps stored.
func ParseLog(stored []byte) (Log, error) {
	events, err := decodeEvents(stored)
	if err != nil {
		return Log{}, err
	}
	return Log{Events: events, stored: stored}, nil
}

// Join returns the log with the events of next after its own. The two may share
// memory: only the newest log of a line may be joined to.
func (l Log) Join(next Log) Log {
	return Log{
		Events: append(l.Events, next.Events...),
		stored: append(l.stored, next.stored...),
	}
}

// Split cuts the log in two, the first as long as size bytes allow but at least
// one event long.
func (l Log) Split(size int) (Log, Log) {
	r := newReader(l.stored)
	defer r.free()
	n, cut := 0, 0
	for n < len(l.Events) {
		r.skip(1)
		end := len(l.stored) - r.left()
		if n > 0 && end > size {
			break
		}
		n, cut = n+1, end
	}
	return Log{Events: l.Events[:n:n], stored: l.stored[:cut:cut]}, Log{Events: l.Events[n:], stored: l.stored[cut:]}
}

// Stored returns the stored form. Those of two logs can be joined end to end.
func (l Log) Stored() []byte { return l.stored }

// Size is the length of the stored form, in bytes.
func (l Log) Size() int { return len(l.stored) }
