package hubfaults

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// work keeps the promises of [hub.Work] and [hub.QueueWork].
type work struct {
	*faults
	hub interface {
		hub.Work
		hub.QueueWork
	}
}

// KeepAliveInterval is the hub's.
func (w *work) KeepAliveInterval() time.Duration { return w.hub.KeepAliveInterval() }

// Work is the hub's. Ack and Release of what is handed out are counted.
func (w *work) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	return w.session(func() (hub.Session, error) {
		return w.hub.Work(ctx, activity, limit, func(d hub.ActivityDelivery) {
			if w.alive() == nil {
				d.Handout = w.handout(d.Handout)
				handle(d)
			}
		})
	})
}

// Consume is the hub's. Calls of what is handed out are counted, except KeepAlive.
func (w *work) Consume(ctx context.Context, queue string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	return w.session(func() (hub.Session, error) {
		return w.hub.Consume(ctx, queue, limit, func(d hub.QueueDelivery) {
			if w.alive() == nil {
				handle(w.queued(d))
			}
		})
	})
}

// QueueLength is the hub's, until the worker is killed.
func (w *work) QueueLength(ctx context.Context, queue string) (int, error) {
	return uncounted(w.faults, func() (int, error) { return w.hub.QueueLength(ctx, queue) })
}

// handout returns h with calls that end with the worker; Ack and Release are counted.
func (w *work) handout(h hub.Handout) hub.Handout {
	return hub.Handout{
		Attempt: h.Attempt, Again: h.Again,
		KeepAlive: func() error { return uncountedError(w.faults, h.KeepAlive) },
		Ack:       func() error { return countedError(w.faults, "Ack", h.Ack) },
		Release: func(delay time.Duration) error {
			return countedError(w.faults, "Release", func() error { return h.Release(delay) })
		},
	}
}

// queued returns d with calls that are counted, except KeepAlive.
func (w *work) queued(d hub.QueueDelivery) hub.QueueDelivery {
	reject, runs, note := d.Reject, d.Runs, d.Note
	d.Handout = w.handout(d.Handout)
	d.Runs = func(ctx context.Context) (int, error) {
		return counted(w.faults, "Runs", func() (int, error) { return runs(ctx) })
	}
	d.Note = func(ctx context.Context, n int) error {
		return countedError(w.faults, "Note", func() error { return note(ctx, n) })
	}
	d.Reject = func(reason string, deliveries int) error {
		return countedError(w.faults, "Reject", func() error { return reject(reason, deliveries) })
	}
	return d
}
