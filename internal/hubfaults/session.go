package hubfaults

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// mortal is a session that ends when its worker is killed.
type mortal struct {
	faults  *Hub
	inner   hub.Session
	done    chan struct{}
	stopped atomic.Bool
}

// Open is the hub's. Its deliveries are acknowledged through f.
func (f *Hub) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	var inner hub.PartitionSession
	s, err := f.session(func() (hub.Session, error) {
		var err error
		inner, err = f.hub.Open(ctx, partition, func(d hub.Delivery) {
			if f.alive() == nil {
				deliver(f.delivery(d))
			}
		})
		return inner, err
	})
	if err != nil {
		return nil, err
	}
	return &mortalPartition{Session: s, faults: f, leave: inner.Leave}, nil
}

// mortalPartition is a session that a dead worker cannot leave in order.
type mortalPartition struct {
	hub.Session
	faults *Hub
	leave  func(context.Context) error
}

// Leave is the session's.
func (s *mortalPartition) Leave(ctx context.Context) error {
	_, err := uncounted(s.faults, func() (struct{}, error) { return struct{}{}, s.leave(ctx) })
	return err
}

// Work is the hub's. Its activities are acknowledged through f.
func (f *Hub) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	return f.session(func() (hub.Session, error) {
		return f.hub.Work(ctx, activity, limit, func(d hub.ActivityDelivery) {
			if f.alive() == nil {
				d.Handout = f.handout(d.Handout)
				handle(d)
			}
		})
	})
}

// Consume is the hub's. Its messages are acknowledged through f.
func (f *Hub) Consume(ctx context.Context, queue string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	return f.session(func() (hub.Session, error) {
		return f.hub.Consume(ctx, queue, limit, func(d hub.QueueDelivery) {
			if f.alive() == nil {
				handle(f.queued(d))
			}
		})
	})
}

// session opens a session and ties it to the worker's life.
func (f *Hub) session(open func() (hub.Session, error)) (hub.Session, error) {
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

// live ends the session with the worker.
func (s *mortal) live() {
	defer close(s.done)
	select {
	case <-s.faults.killed:
		s.inner.Stop()
	case <-s.inner.Done():
	}
}

// Stop ends the session and waits for the handlers that are at work.
func (s *mortal) Stop() {
	if s.faults.alive() == nil {
		s.stopped.Store(true)
	}
	s.inner.Stop()
	<-s.done
}

// Done is closed when the session or the worker has ended, and all handlers have
// returned.
func (s *mortal) Done() <-chan struct{} { return s.done }

// Err is ErrKilled if the worker was killed before the session was stopped.
func (s *mortal) Err() error {
	if !s.stopped.Load() && s.faults.alive() != nil {
		return ErrKilled
	}
	return s.inner.Err()
}

func (f *Hub) delivery(d hub.Delivery) hub.Delivery {
	ack, reject := d.Ack, d.Reject
	d.Ack = func() {
		_ = countedError(f, "Ack", func() error { ack(); return nil })
	}
	d.Reject = func(reason string) {
		_ = countedError(f, "Reject", func() error { reject(reason); return nil })
	}
	return d
}

func (f *Hub) handout(h hub.Handout) hub.Handout {
	return hub.Handout{
		Attempt: h.Attempt, Again: h.Again,
		KeepAlive: func() error {
			_, err := uncounted(f, func() (struct{}, error) { return struct{}{}, h.KeepAlive() })
			return err
		},
		Ack: func() error { return countedError(f, "Ack", h.Ack) },
		Release: func(delay time.Duration) error {
			return countedError(f, "Release", func() error { return h.Release(delay) })
		},
	}
}

func (f *Hub) queued(d hub.QueueDelivery) hub.QueueDelivery {
	reject, runs, note := d.Reject, d.Runs, d.Note
	d.Handout = f.handout(d.Handout)
	d.Runs = func(ctx context.Context) (int, error) {
		return counted(f, "Runs", func() (int, error) { return runs(ctx) })
	}
	d.Note = func(ctx context.Context, n int) error {
		return countedError(f, "Note", func() error { return note(ctx, n) })
	}
	d.Reject = func(reason string, deliveries int) error {
		return countedError(f, "Reject", func() error { return reject(reason, deliveries) })
	}
	return d
}
