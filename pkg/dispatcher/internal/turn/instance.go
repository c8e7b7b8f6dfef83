package turn

import (
	"slices"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Instance is a loaded instance: its record, its history state, and, once its code was
// needed, the live orchestrator.
type Instance struct {
	ID string
	// Revision of the record, or the one that a commit must expect to create a record.
	Revision uint64
	// Exists is false if the hub holds no record; Record is then empty.
	Exists bool
	Record record.InstanceRecord
	// Latest is set if no newer record can have been stored by an earlier owner of the
	// partition.
	Latest bool
	// Events are the whole history, until the code is live.
	Events []record.Event
	// Code is the live orchestrator, nil if there is none.
	Code Orchestrator
	// HeldBack says why the instance is held back: it cannot be read or stored, so that only
	// its end can come of a message. Nil if it is not.
	HeldBack error
	// Partial is set if only a part of the history of a held instance could be read.
	Partial bool
	// Beside is how many bytes the record took beside its log when it was stored last.
	Beside int

	history historyState
}

// Load returns an instance from its stored record, nil for none, and its whole history.
func Load(id string, v *record.InstanceRecord, revision uint64, events []record.Event) *Instance {
	i := &Instance{ID: id, Revision: revision, history: newHistoryState(nil, nil)}
	if v != nil {
		i.Exists, i.Record, i.Events, i.Beside = true, *v, events, v.Beside()
		i.history = newHistoryState(v.SeenIDs, events)
	}
	return i
}

// LoadHeld is Load of an instance that is held back: not all of it may be there.
func LoadHeld(id string, v *record.InstanceRecord, revision uint64, events []record.Event, reason error, partial bool) *Instance {
	i := Load(id, v, revision, events)
	i.history.started = true // the event that says so may be what cannot be read
	i.Latest, i.HeldBack, i.Partial = true, reason, partial
	return i
}

// IsLive reports whether the instance is there and has not ended.
func (i *Instance) IsLive() bool {
	return i.Exists && i.Record.Status.IsInstance() && !i.Record.Status.Ended()
}

// Close unloads the code.
func (i *Instance) Close() {
	if i.Code != nil {
		i.Code.Close()
		i.Code = nil
	}
}

// isWhole reports whether a history has its beginning: the history of an instance whose
// state was too large to be stored has not.
func isWhole(events []record.Event) bool {
	return slices.ContainsFunc(events, func(e record.Event) bool {
		return e.Kind == history.ExecutionStarted || e.Kind == history.ExecutionDelayed
	})
}
