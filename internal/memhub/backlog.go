package memhub

import (
	"context"
	"maps"
	"slices"
)

// Backlog counts what a [Hub] still has to hand out.
type Backlog struct {
	// Messages are the control messages that are not acknowledged.
	Messages int
	// Activities are the activities that are not acknowledged.
	Activities int
	// Queued are the messages of queues that are not acknowledged. Messages in poison queues
	// do not count.
	Queued int
	// Timers are the timers that have not fired.
	Timers int
}

// Backlog returns how much the hub still has to hand out.
func (m *Hub) Backlog() Backlog {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.backlog()
}

func (m *Hub) backlog() Backlog {
	b := Backlog{Timers: len(m.timers)}
	for _, p := range m.partitions {
		b.Messages += p.live
	}
	for _, q := range m.workQueues {
		b.Activities += len(q.jobs)
	}
	for _, q := range m.messageQueues {
		b.Queued += len(q.work.jobs)
	}
	return b
}

// WaitIdle returns when no control message, no activity and no message of a queue is left. Timers
// do not count. WaitIdle returns the error of ctx if ctx ends first.
func (m *Hub) WaitIdle(ctx context.Context) error {
	for {
		m.mu.Lock()
		b, changed := m.backlog(), m.idle
		m.mu.Unlock()
		if b.Messages == 0 && b.Activities == 0 && b.Queued == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Redeliver hands out again all messages and activities that were handed out and not
// acknowledged, as if the time that workers have for them had run out.
func (m *Hub) Redeliver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.partitions {
		if p.session != nil {
			p.session.repeat()
		}
	}
	for _, q := range m.sortedQueues() {
		q.repeat()
	}
	for _, name := range slices.Sorted(maps.Keys(m.messageQueues)) {
		m.messageQueues[name].work.repeat()
	}
}
