package run

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// book is what must be known of an execution's history to judge what comes in:
// nothing else of it is looked at. It is a fold over the events.
type book struct {
	started   bool
	suspended bool
	// delayed is set until the time comes at which the instance is to start.
	delayed bool
	// version of the code that the execution runs.
	version string
	last    time.Time
	// open are the activities, children and timers without a result, by task number.
	open map[int64]record.Event
	// failed are the first tasks of activities of which the last attempt has failed.
	failed map[int64]struct{}
	// seen and ids are the keys of the external events taken in, ids in order.
	seen map[string]struct{}
	ids  []string
}

func newBook(seenIDs []string, events []record.Event) book {
	b := book{open: map[int64]record.Event{}, seen: map[string]struct{}{}}
	for _, id := range seenIDs {
		b.see(id)
	}
	for _, e := range events {
		b.note(e)
	}
	return b
}

func (b *book) note(e record.Event) {
	if e.Time.After(b.last) {
		b.last = e.Time
	}
	switch e.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		b.started, b.version = true, e.ID
		b.delayed = e.Kind == history.ExecutionDelayed
	case history.ExecutionSuspended:
		b.suspended = true
	case history.ExecutionResumed:
		b.suspended = false
	case history.EventRaised:
		b.see(seenKey(e.Name, e.ID))
	case history.TaskScheduled, history.TimerCreated, history.ChildScheduled:
		b.open[e.Task] = e
	case history.TimerFired:
		b.delayed = false
		delete(b.open, e.Task)
	case history.TaskCompleted, history.TaskFailed:
		b.noteAttempt(e)
		delete(b.open, e.Task)
	case history.TimerCancelled, history.ChildTerminated:
		delete(b.open, e.Task)
	}
}

// noteAttempt takes note of how an attempt of an activity has ended.
func (b *book) noteAttempt(e record.Event) {
	asked := b.open[e.Task]
	if asked.Kind != history.TaskScheduled {
		return
	}
	first := cmp.Or(record.ParseCall(asked.ID).First, e.Task)
	if e.Kind == history.TaskCompleted {
		delete(b.failed, first)
		return
	}
	if b.failed == nil {
		b.failed = map[int64]struct{}{}
	}
	b.failed[first] = struct{}{}
}

// seenKey is what an external event is known by: its name and its id, so that who may
// raise only some events cannot use up the ids of others. Empty for one without an id.
func seenKey(name, id string) string {
	if id == "" {
		return ""
	}
	return ident.Fold(name) + "/" + id
}

func (b *book) see(key string) {
	if _, seen := b.seen[key]; key == "" || seen {
		return
	}
	b.seen[key] = struct{}{}
	b.ids = append(b.ids, key)
}

// knows reports whether an external event was taken in before.
func (b *book) knows(name, id string) bool {
	_, seen := b.seen[seenKey(name, id)]
	return seen
}

// asked returns the decisions whose tasks are open, in the order of their numbers.
func (b *book) asked() []record.Event {
	var asked []record.Event
	for _, task := range slices.Sorted(maps.Keys(b.open)) {
		asked = append(asked, b.open[task])
	}
	return asked
}
