package turn

import (
	"cmp"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// historyState is all that a turn looks at of an execution's history, to judge the messages
// that come in. It is a fold over the events.
type historyState struct {
	started   bool
	suspended bool
	// delayed is set until the time comes at which the instance is to start.
	delayed bool
	// version of the code that the execution runs.
	version string
	// last is the latest time in the history.
	last time.Time
	// ids are the keys of the external events that were taken in, in order.
	ids []string
	*layer
}

func newHistoryState(seenIDs []string, events []record.Event) historyState {
	h := historyState{layer: &layer{}}
	for _, id := range seenIDs {
		h.see(id)
	}
	for _, e := range events {
		h.note(e)
	}
	return h
}

// mergeAll merges all layers into one.
func (h *historyState) mergeAll() {
	for h.below != nil {
		h.layer = h.merge()
	}
}

// note adds an event.
func (h *historyState) note(e record.Event) {
	if e.Time.After(h.last) {
		h.last = e.Time
	}
	switch e.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		h.started, h.version = true, e.Version()
		h.delayed = e.Kind == history.ExecutionDelayed
	case history.ExecutionSuspended:
		h.suspended = true
	case history.ExecutionResumed:
		h.suspended = false
	case history.EventRaised:
		h.see(seenKey(e.Name, e.EventID()))
	case history.TaskScheduled, history.TimerCreated, history.ChildScheduled:
		h.setOpen(e.Task, &e)
	case history.TimerFired:
		h.delayed = false
		h.setOpen(e.Task, nil)
	case history.TaskCompleted, history.TaskFailed:
		h.noteAttempt(e)
		h.setOpen(e.Task, nil)
	case history.TimerCancelled, history.ChildTerminated:
		h.setOpen(e.Task, nil)
	}
}

// noteAttempt notes how an attempt of an activity has ended.
func (h *historyState) noteAttempt(e record.Event) {
	asked, _ := h.isOpen(e.Task)
	if asked.Kind != history.TaskScheduled {
		return
	}
	h.setFailed(cmp.Or(asked.Call().First, e.Task), e.Kind == history.TaskFailed)
}

// seenKey is the key by which an external event is known: its name and its id, so that a
// sender that may raise only some events cannot use up the ids of others. It is empty for an
// event without an id.
func seenKey(name, id string) string {
	if id == "" {
		return ""
	}
	return ident.Fold(name) + "/" + id
}

func (h *historyState) see(key string) {
	if key == "" || h.hasSeen(key) {
		return
	}
	h.setSeen(key)
	h.ids = append(h.ids, key)
}

// knows reports whether an external event was taken in before.
func (h *historyState) knows(name, id string) bool { return h.hasSeen(seenKey(name, id)) }
