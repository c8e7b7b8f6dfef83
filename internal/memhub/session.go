package memhub

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// ErrTakenOver is the error of a session whose partition somebody else has opened.
var ErrTakenOver = errors.New("partition was taken over")

// session delivers one partition to one owner, on a goroutine of its own that
// Stop waits for.
type session struct {
	hub       *Hub
	partition *partition
	deliver   func(hub.Delivery)
	// next is how many messages of the partition, dropped ones included, have been
	// delivered or passed over.
	next int
	// again are messages to deliver once more before going on.
	again []*entry

	wake chan struct{}
	quit chan struct{}
	done chan struct{}
	// ended and err are guarded by the hub's lock.
	ended bool
	err   error
}

// Open takes over a partition; see hub.Inbox. The context bounds the call,
// not the session.
func (m *Hub) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	if partition < 0 || partition >= len(m.partitions) {
		return nil, fmt.Errorf("there is no partition %d, only 0 to %d", partition, len(m.partitions)-1)
	}
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	p := m.partitions[partition]
	if p.session != nil {
		p.session.end(ErrTakenOver)
	}
	s := &session{
		hub: m, partition: p, deliver: deliver, next: p.dropped,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.session = s
	p.inherit(s)
	go s.run()
	return s, nil
}

// inherit marks the messages that the owner before was handed, unless it has left in order.
func (p *partition) inherit(s *session) {
	for _, e := range p.queue {
		e.again = e.delivered && p.holder != nil
		e.delivered = e.again
	}
	p.holder = s
}

// Leave says that the partition is given up in order.
func (s *session) Leave(ctx context.Context) error {
	if err := s.hub.lock(ctx); err != nil {
		return err
	}
	defer s.hub.mu.Unlock()
	if s.partition.holder == s {
		s.partition.holder = nil
	}
	return nil
}

func (s *session) run() {
	defer close(s.done)
	for {
		if e := s.take(); e != nil {
			s.deliver(s.delivery(e))
			continue
		}
		select {
		case <-s.wake:
		case <-s.quit:
			return
		}
	}
}

// take returns the next message to deliver, nil if there is none for now.
func (s *session) take() *entry {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.ended {
		return nil
	}
	for len(s.again) > 0 {
		e := s.again[0]
		s.again = s.again[1:]
		if !e.acked {
			return e
		}
	}
	p := s.partition
	s.next = max(s.next, p.dropped)
	for s.next < p.dropped+len(p.queue) {
		e := p.queue[s.next-p.dropped]
		s.next++
		if !e.acked {
			e.delivered = true
			return e
		}
	}
	return nil
}

func (s *session) delivery(e *entry) hub.Delivery {
	m, p := s.hub, s.partition
	d := hub.Delivery{Message: posted(e.message), Seq: e.seq, Stored: e.stored, Again: e.again}
	d.Ack = func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.ack(p, e)
	}
	d.Reject = func(reason string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.reject(p, e, reason)
	}
	return d
}

// repeat marks all that was delivered and not acknowledged to come again.
func (s *session) repeat() {
	p := s.partition
	s.again = nil
	for i := 0; i < s.next-p.dropped; i++ {
		if e := p.queue[i]; !e.acked {
			s.again = append(s.again, e)
		}
	}
	s.poke()
}

// poke wakes the session's goroutine; it never blocks.
func (s *session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// end lets no further delivery begin. The first call decides on the error.
func (s *session) end(err error) {
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	if s.partition.session == s {
		s.partition.session = nil
	}
	close(s.quit)
}

// Stop ends the session and waits for the last deliver. It must not be called
// from there.
func (s *session) Stop() {
	s.hub.mu.Lock()
	s.end(nil)
	s.hub.mu.Unlock()
	<-s.done
}

// Done is closed when deliver has returned for the last time.
func (s *session) Done() <-chan struct{} { return s.done }

// Err is [ErrTakenOver] or nil.
func (s *session) Err() error {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.err
}
