package memhub

import (
	"slices"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// workSession is the session of one worker at a work queue.
type workSession struct {
	queue   *workQueue
	limit   int
	handle  func(hub.ActivityDelivery)
	working sync.WaitGroup
	done    chan struct{}
	// busy is how many handlers are running. The hub's lock guards busy and ended.
	busy  int
	ended bool
}

// free reports whether the session can take another job.
func (s *workSession) free() bool { return s.busy < s.limit }

// start runs the handler on a goroutine that Stop waits for.
func (s *workSession) start(j *job, attempt int) {
	s.busy++
	d := s.queue.delivery(j, attempt)
	s.working.Go(func() {
		defer s.finish()
		s.handle(d)
	})
}

// finish makes room for the next job when a handler has returned.
func (s *workSession) finish() {
	s.queue.state.mu.Lock()
	defer s.queue.state.mu.Unlock()
	s.busy--
	s.queue.handOut()
}

// Stop ends the handing out and waits for the handlers that are running.
func (s *workSession) Stop() {
	state := s.queue.state
	state.mu.Lock()
	first := !s.ended
	s.ended = true
	s.queue.sessions = slices.DeleteFunc(s.queue.sessions, func(x *workSession) bool { return x == s })
	state.mu.Unlock()
	s.working.Wait()
	if first {
		close(s.done)
	}
	<-s.done
}

// Done is closed once Stop has waited for the last handler.
func (s *workSession) Done() <-chan struct{} { return s.done }

// Err is nil: a session of activities does not end by itself.
func (s *workSession) Err() error { return nil }
