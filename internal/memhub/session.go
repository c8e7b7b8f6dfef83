package memhub

import (
	"context"
	"errors"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// ErrTakenOver is the error of a session whose partition somebody else has opened.
var ErrTakenOver = errors.New("partition was taken over")

// session delivers the messages of one partition to one owner, on a goroutine of its own that
// Stop waits for.
type session struct {
	control   *control
	partition *partition
	deliver   func(hub.Delivery)
	// next is the position behind the last message that was delivered or passed over, counted
	// from the first message that the partition ever had.
	next int
	// again are messages to deliver once more before the next ones.
	again []*entry

	// wake has a token when there may be a message to deliver.
	wake chan struct{}
	// quit is closed when no further delivery may begin.
	quit chan struct{}
	// done is closed when the goroutine has ended.
	done chan struct{}
	// The hub's lock guards ended and err.
	ended bool
	err   error
}

// Leave notes that the owner has given up the partition in order.
func (s *session) Leave(ctx context.Context) error {
	if err := s.control.lock(ctx); err != nil {
		return err
	}
	defer s.control.mu.Unlock()
	if s.partition.holder == s {
		s.partition.holder = nil
	}
	return nil
}

// run delivers messages until the session ends.
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
	s.control.mu.Lock()
	defer s.control.mu.Unlock()
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

// delivery returns a message as it is handed to the owner.
func (s *session) delivery(e *entry) hub.Delivery {
	c, p := s.control, s.partition
	d := hub.Delivery{Message: posted(e.message), Seq: e.seq, Stored: e.stored, Again: e.again}
	d.Ack = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ack(p, e)
	}
	d.Reject = func(reason string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.reject(p, e, reason)
	}
	return d
}

// repeat lets all messages come again that were delivered and not acknowledged.
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

// end lets no further delivery begin. The error of the first call is the session's.
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

// Stop ends the session and waits until the last call of deliver has returned. It must not be
// called from deliver.
func (s *session) Stop() {
	s.control.mu.Lock()
	s.end(nil)
	s.control.mu.Unlock()
	<-s.done
}

// Done is closed when deliver has returned for the last time.
func (s *session) Done() <-chan struct{} { return s.done }

// Err returns [ErrTakenOver] or nil.
func (s *session) Err() error {
	s.control.mu.Lock()
	defer s.control.mu.Unlock()
	return s.err
}
