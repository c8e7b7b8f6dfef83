package memhub

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// workSession is one worker's session at a work queue.
type workSession struct {
	queue   *workQueue
	limit   int
	handle  func(hub.ActivityDelivery)
	working sync.WaitGroup
	done    chan struct{}
	// busy and ended are guarded by the hub's lock.
	busy  int
	ended bool
}

// Work hands out activities; see hub.Work. The context bounds the
// call, not the session.
func (m *Hub) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	if limit < 1 {
		return nil, fmt.Errorf("activity %q: limit %d is less than 1", activity, limit)
	}
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.workOf(activity).open(limit, handle), nil
}

// Activities returns how many activities of that name are not done with.
func (m *Hub) Activities(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.workOf(name).jobs)
}

// open begins a session.
func (b *workQueue) open(limit int, handle func(hub.ActivityDelivery)) *workSession {
	s := &workSession{queue: b, limit: limit, handle: handle, done: make(chan struct{})}
	b.sessions = append(b.sessions, s)
	b.handOut()
	return s
}

// KeepAliveInterval is the configured time.
func (m *Hub) KeepAliveInterval() time.Duration { return m.config.KeepAliveInterval }

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

func (s *workSession) finish() {
	s.queue.hub.mu.Lock()
	defer s.queue.hub.mu.Unlock()
	s.busy--
	s.queue.handOut()
}

func (b *workQueue) delivery(j *job, attempt int) hub.ActivityDelivery {
	locked := func(f func()) error {
		b.hub.mu.Lock()
		defer b.hub.mu.Unlock()
		f()
		return nil
	}
	d := hub.ActivityDelivery{Activity: j.activity, Handout: hub.Handout{Attempt: attempt, Again: attempt > 1}}
	d.Input = bytes.Clone(j.activity.Input)
	// An older delivery may still say that the work is done, but nothing else.
	current := func() bool { return b.has(j) && j.out && j.attempt == attempt }
	d.KeepAlive = func() error {
		return locked(func() {
			if current() {
				b.expectLife(j)
			}
		})
	}
	d.Ack = func() error { return locked(func() { b.remove(j) }) }
	d.Release = func(delay time.Duration) error {
		return locked(func() {
			if current() {
				b.release(j, delay)
			}
		})
	}
	return d
}

func (b *workQueue) release(j *job, delay time.Duration) {
	if delay <= 0 {
		b.offer(j)
		return
	}
	j.out = false
	b.offerAfter(j, delay)
}

// Stop ends the handing out and waits for the handlers at work.
func (s *workSession) Stop() {
	m := s.queue.hub
	m.mu.Lock()
	first := !s.ended
	s.ended = true
	s.queue.sessions = slices.DeleteFunc(s.queue.sessions, func(x *workSession) bool { return x == s })
	m.mu.Unlock()
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

func compareKeys(a, b timerKey) int {
	return cmp.Or(cmp.Compare(a.instance, b.instance), cmp.Compare(a.execution, b.execution), cmp.Compare(a.task, b.task))
}
