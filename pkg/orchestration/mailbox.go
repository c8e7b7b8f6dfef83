package orchestration

import (
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// mailbox brings external events and the waits for them together. Of one name,
// the oldest event goes to the oldest wait that is still in line.
type mailbox struct {
	lines    map[string]*line
	arrivals int
	waiters  int
}

// line is what there is of one event name: waits without events, or events
// without waits, never both.
type line struct {
	waits  []*waiter
	events []arrival
}

type waiter struct {
	number   int
	name     string
	since    time.Time
	deadline time.Time
	take     func(history.Event)
}

type arrival struct {
	number int
	event  history.Event
}

func (m *mailbox) line(name string) *line {
	if m.lines == nil {
		m.lines = map[string]*line{}
	}
	folded := history.FoldName(name)
	l := m.lines[folded]
	if l == nil {
		l = &line{}
		m.lines[folded] = l
	}
	return l
}

// deliver gives the event to the oldest wait for its name, or keeps it.
func (m *mailbox) deliver(e history.Event) {
	l := m.line(e.Name)
	if len(l.waits) == 0 {
		m.arrivals++
		l.events = append(l.events, arrival{number: m.arrivals, event: e})
		return
	}
	w := l.waits[0]
	l.waits = l.waits[1:]
	m.tidy(e.Name, l)
	w.take(e)
}

// wait gives w the oldest event of its name, or puts it in line.
func (m *mailbox) wait(w *waiter) {
	l := m.line(w.name)
	if len(l.events) == 0 {
		m.waiters++
		w.number = m.waiters
		l.waits = append(l.waits, w)
		return
	}
	e := l.events[0].event
	l.events = l.events[1:]
	m.tidy(w.name, l)
	w.take(e)
}

// leave takes w out of the line.
func (m *mailbox) leave(w *waiter) {
	l := m.line(w.name)
	if i := slices.Index(l.waits, w); i >= 0 {
		l.waits = slices.Delete(l.waits, i, i+1)
	}
	m.tidy(w.name, l)
}

// close sends all waits away, so that what still arrives is kept for the next
// generation.
func (m *mailbox) close() {
	for _, l := range m.lines {
		l.waits = nil
	}
}

func (m *mailbox) tidy(name string, l *line) {
	if len(l.waits) == 0 && len(l.events) == 0 {
		delete(m.lines, history.FoldName(name))
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

// unconsumed lists the events that no wait has taken, in order of arrival.
func (m *mailbox) unconsumed() []history.Event {
	var arrivals []arrival
	for _, l := range m.lines {
		arrivals = append(arrivals, l.events...)
	}
	slices.SortFunc(arrivals, func(a, b arrival) int { return a.number - b.number })
	var events []history.Event
	for _, a := range arrivals {
		events = append(events, a.event)
	}
	return events
}
