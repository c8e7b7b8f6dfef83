package replay

import (
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// mailbox brings external events and the waits for them together. Events of one name
// go, oldest first, to the waits for it that are in line: first to those that some
// branch is waiting on, oldest first, then to the others, oldest first.
type mailbox struct {
	// rule is the rule that the history was begun with, such as [record.AwaitedFirst].
	rule     int64
	lines    map[string]*line
	arrivals int
	waiters  int
	// unseen are the events that waits have taken while no line of code has
	// looked at the result yet.
	unseen map[*waiter]arrival
}

// line holds the waits for one event name, or the events of that name that no wait has
// taken: never both.
type line struct {
	waits  []*waiter
	events []arrival
}

type waiter struct {
	number   int
	name     string
	since    time.Time
	deadline time.Time
	take     func(record.Event)
	// isAwaited reports whether a branch is waiting on this wait, directly or in a combined
	// task. Seen are the combined tasks that were looked at before and are not awaited.
	isAwaited func(seen map[*Task]bool) bool
}

type arrival struct {
	number int
	event  record.Event
}

func (m *mailbox) line(name string) *line {
	if m.lines == nil {
		m.lines = map[string]*line{}
	}
	folded := ident.Fold(name)
	l := m.lines[folded]
	if l == nil {
		l = &line{}
		m.lines[folded] = l
	}
	return l
}

// deliver gives the event to a wait for its name, or keeps it. It reports whether a
// wait has taken it.
func (m *mailbox) deliver(e record.Event) bool {
	m.arrivals++
	a := arrival{number: m.arrivals, event: e}
	l := m.line(e.Name)
	if len(l.waits) == 0 {
		l.events = append(l.events, a)
		return false
	}
	w := m.choose(l.waits)
	m.leave(w)
	m.give(w, a)
	return true
}

// choose returns the wait that the next event goes to.
func (m *mailbox) choose(waits []*waiter) *waiter {
	if m.rule == record.OldestWait || len(waits) == 1 {
		return waits[0]
	}
	seen := map[*Task]bool{}
	for _, w := range waits {
		if w.isAwaited(seen) {
			return w
		}
	}
	return waits[0]
}

func (m *mailbox) give(w *waiter, a arrival) {
	if m.unseen == nil {
		m.unseen = map[*waiter]arrival{}
	}
	m.unseen[w] = a
	w.take(a.event)
}

// useUp notes that the code has looked at the event that w has taken: it is used up.
func (m *mailbox) useUp(w *waiter) { delete(m.unseen, w) }

// wait gives w the oldest event of its name, or puts it in line.
func (m *mailbox) wait(w *waiter) {
	l := m.line(w.name)
	if len(l.events) == 0 {
		m.waiters++
		w.number = m.waiters
		l.waits = append(l.waits, w)
		return
	}
	a := l.events[0]
	l.events = l.events[1:]
	m.tidy(w.name, l)
	m.give(w, a)
}

// leave takes w out of the line: a wait that was abandoned takes no event.
func (m *mailbox) leave(w *waiter) {
	l := m.line(w.name)
	if i := slices.Index(l.waits, w); i >= 0 {
		l.waits = slices.Delete(l.waits, i, i+1)
	}
	m.tidy(w.name, l)
}

// close removes all waits, so that later events are kept for the next generation.
func (m *mailbox) close() {
	for _, l := range m.lines {
		l.waits = nil
	}
}

func (m *mailbox) tidy(name string, l *line) {
	if len(l.waits) == 0 && len(l.events) == 0 {
		delete(m.lines, ident.Fold(name))
	}
}

// waits lists the first waits in line, oldest first.
func (m *mailbox) waits(most int) []history.Wait {
	var waiting []*waiter
	for _, l := range m.lines {
		waiting = append(waiting, l.waits...)
	}
	slices.SortFunc(waiting, func(a, b *waiter) int { return a.number - b.number })
	waiting = waiting[:min(most, len(waiting))]
	var waits []history.Wait
	for _, w := range waiting {
		waits = append(waits, history.Wait{Kind: history.WaitEvent, Name: w.name, Since: w.since, Deadline: w.deadline})
	}
	return waits
}

// unconsumed lists the events that no wait has taken, or that the code has never
// looked at, in order of arrival.
func (m *mailbox) unconsumed() []record.Event {
	arrivals := slices.Collect(maps.Values(m.unseen))
	for _, l := range m.lines {
		arrivals = append(arrivals, l.events...)
	}
	slices.SortFunc(arrivals, func(a, b arrival) int { return a.number - b.number })
	var events []record.Event
	for _, a := range arrivals {
		events = append(events, a.event)
	}
	return events
}
