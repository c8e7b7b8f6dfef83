package dispatcher

import (
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// book is what must be known of an execution's history to judge what comes in:
// nothing else of it is looked at. It is a fold over the events.
type book struct {
	started   bool
	suspended bool
	last      time.Time
	// open are the activities and timers without a result, by task number.
	open map[int64]history.Event
	// seen and ids are the ids of the external events taken in, ids in order.
	seen map[string]struct{}
	ids  []string
}

func newBook(seenIDs []string, events []history.Event) book {
	b := book{open: map[int64]history.Event{}, seen: map[string]struct{}{}}
	for _, id := range seenIDs {
		b.see(id)
	}
	for _, e := range events {
		b.note(e)
	}
	return b
}

func (b *book) note(e history.Event) {
	if e.Time.After(b.last) {
		b.last = e.Time
	}
	switch e.Kind {
	case history.ExecutionStarted:
		b.started = true
	case history.ExecutionSuspended:
		b.suspended = true
	case history.ExecutionResumed:
		b.suspended = false
	case history.EventRaised:
		b.see(e.ID)
	case history.TaskScheduled, history.TimerCreated:
		b.open[e.Task] = e
	case history.TaskCompleted, history.TaskFailed, history.TimerFired, history.TimerCancelled:
		delete(b.open, e.Task)
	}
}

func (b *book) see(id string) {
	if _, seen := b.seen[id]; id == "" || seen {
		return
	}
	b.seen[id] = struct{}{}
	b.ids = append(b.ids, id)
}

// timers returns the tasks of the timers that are set, in order.
func (b *book) timers() []int64 {
	var tasks []int64
	for task, e := range b.open {
		if e.Kind == history.TimerCreated {
			tasks = append(tasks, task)
		}
	}
	slices.Sort(tasks)
	return tasks
}
