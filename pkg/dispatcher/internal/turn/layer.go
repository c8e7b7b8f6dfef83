package turn

import (
	"maps"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// layer holds the sets of a [historyState]. A layer on top of another holds changes only:
// it can be dropped, or merged into the one below.
type layer struct {
	below *layer
	// open are the decisions of open tasks, by number. In a layer on top of another nil
	// stands for a task that is not open any more.
	open map[int64]*record.Event
	// failed says of the first tasks of activities whether their last attempt failed.
	failed map[int64]bool
	// seen are the keys of the external events that were taken in.
	seen map[string]bool
}

// onTop returns a layer on top of l: the spare one, if there is one.
func (l *layer) onTop(spare **layer) *layer {
	top := *spare
	*spare = nil
	if top == nil {
		top = &layer{}
	}
	top.below = l
	return top
}

// merge makes the changes of a layer in the one below, and returns that. The layer is empty
// then.
func (l *layer) merge() *layer {
	for task, asked := range l.open {
		l.below.setOpen(task, asked)
	}
	for task, failed := range l.failed {
		l.below.setFailed(task, failed)
	}
	for key := range l.seen {
		l.below.setSeen(key)
	}
	clear(l.open)
	clear(l.failed)
	clear(l.seen)
	return l.below
}

func (l *layer) setOpen(task int64, asked *record.Event) {
	if asked == nil && l.below == nil {
		delete(l.open, task)
		return
	}
	if l.open == nil {
		l.open = map[int64]*record.Event{}
	}
	l.open[task] = asked
}

// isOpen returns the decision of a task, if the task is open.
func (l *layer) isOpen(task int64) (record.Event, bool) {
	for ; l != nil; l = l.below {
		if asked, found := l.open[task]; found {
			if asked == nil {
				break
			}
			return *asked, true
		}
	}
	return record.Event{}, false
}

func (l *layer) setFailed(task int64, failed bool) {
	if !failed && l.below == nil {
		delete(l.failed, task)
		return
	}
	if l.failed == nil {
		l.failed = map[int64]bool{}
	}
	l.failed[task] = failed
}

func (l *layer) setSeen(key string) {
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[key] = true
}

func (l *layer) hasSeen(key string) bool {
	for ; l != nil; l = l.below {
		if l.seen[key] {
			return true
		}
	}
	return false
}

// allOpen returns the decisions of all open tasks, in the order of their numbers.
func (l *layer) allOpen() []record.Event {
	open := map[int64]*record.Event{}
	for at := l; at != nil; at = at.below {
		for task, asked := range at.open {
			if _, changed := open[task]; !changed {
				open[task] = asked
			}
		}
	}
	var all []record.Event
	for _, task := range slices.Sorted(maps.Keys(open)) {
		if asked := open[task]; asked != nil {
			all = append(all, *asked)
		}
	}
	return all
}

// allFailed returns the first tasks of activities whose last attempt has failed, in order.
func (l *layer) allFailed() []int64 {
	failed := map[int64]bool{}
	for at := l; at != nil; at = at.below {
		for task, is := range at.failed {
			if _, changed := failed[task]; !changed {
				failed[task] = is
			}
		}
	}
	maps.DeleteFunc(failed, func(_ int64, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(failed))
}
