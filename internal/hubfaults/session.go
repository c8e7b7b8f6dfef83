package hubfaults

import (
	"context"
	"sync/atomic"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// mortal is a session that ends when its worker is killed.
type mortal struct {
	faults *faults
	inner  hub.Session
	// done is closed when live has returned.
	done chan struct{}
	// stopped is set if the worker was alive when it stopped the session.
	stopped atomic.Bool
}

// session opens a session that ends when the worker is killed.
func (f *faults) session(open func() (hub.Session, error)) (hub.Session, error) {
	if err := f.alive(); err != nil {
		return nil, err
	}
	inner, err := open()
	if err != nil {
		return nil, err
	}
	s := &mortal{faults: f, inner: inner, done: make(chan struct{})}
	f.owned.Go(s.live)
	if err := f.alive(); err != nil {
		return nil, err
	}
	return s, nil
}

// live waits for the end of the session, and ends the session when the worker is killed.
func (s *mortal) live() {
	defer close(s.done)
	select {
	case <-s.faults.killed:
		s.inner.Stop()
	case <-s.inner.Done():
	}
}

// Stop ends the session and waits until nothing that was handed out is at work any more.
func (s *mortal) Stop() {
	if s.faults.alive() == nil {
		s.stopped.Store(true)
	}
	s.inner.Stop()
	<-s.done
}

// Done returns a channel that is closed when the session has ended or the worker was killed, and
// nothing that was handed out is at work any more.
func (s *mortal) Done() <-chan struct{} { return s.done }

// Err returns [ErrKilled] if the worker was killed before the session was stopped.
func (s *mortal) Err() error {
	if !s.stopped.Load() && s.faults.alive() != nil {
		return ErrKilled
	}
	return s.inner.Err()
}

// mortalPartition is a session that a dead worker cannot leave in order.
type mortalPartition struct {
	hub.Session
	faults *faults
	leave  func(context.Context) error
}

// Leave is the session's.
func (s *mortalPartition) Leave(ctx context.Context) error {
	return uncountedError(s.faults, func() error { return s.leave(ctx) })
}
