package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Outcome is what became of an external event; empty if it was taken in and nobody
// can say more.
type Outcome = history.Outcome

// What can become of an external event.
const (
	// Delivered: a wait has taken it.
	Delivered = history.Delivered
	// Buffered: the instance keeps it until it is waited for.
	Buffered = history.Buffered
	// Kept: there is no instance yet; the hub keeps it for one of that id.
	Kept = history.Kept
	// Duplicate: the instance has had an event of that id.
	Duplicate = history.Duplicate
	// Discarded: there is no instance, or it has ended; or the event is a dead letter.
	Discarded = history.Discarded
)

// receiptPatience is how long a client waits for the answer when the instance's
// value shows already that the event is dealt with. The answer is sent just after
// the value is stored; where it does not come, its worker is gone.
const receiptPatience = 2 * time.Second

// RaiseWithReceipt is [Client.Raise], but waits until a worker has taken the event
// in, and says what became of it. If the worker dies over it, or the context ends just
// then, the outcome may be empty, with no error: the event is taken in, and whether it was
// delivered, buffered or a duplicate is not known.
//
// The outcome [Discarded] comes with [ErrInstanceNotFound] or [ErrInstanceEnded]:
// that is how the instance was when the event's turn came. Other errors are those of
// Raise. With no worker, it waits until the context ends, and returns [ErrNotTakenIn]
// and the context's error; the event will be taken in. The same is so where the hub cannot
// say any more how the instance is.
func (c *Client) RaiseWithReceipt(ctx context.Context, id, event string, payload any, opts ...RaiseOption) (Outcome, error) {
	var o raiseOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.blind {
		return "", fmt.Errorf("%w: a receipt takes a look at the instance", ErrInvalidOption)
	}
	m, err := c.newRaise(ctx, id, event, payload, o)
	if err != nil {
		return "", err
	}
	return c.ask(ctx, m)
}

// ask sends the event and waits for what becomes of it.
func (c *Client) ask(ctx context.Context, m hub.Message) (Outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	number, answers, err := c.hub.Ask(ctx, m)
	if err != nil {
		return "", raiseError(m, err)
	}
	changes, err := insist(ctx, func() (<-chan struct{}, error) { return c.hub.Watch(ctx, m.Instance) })
	r := receipt{client: c, message: m, number: number, answers: answers, changes: changes}
	if err != nil {
		return "", r.late(err) // for the event is stored
	}
	return r.await(ctx)
}

// receipt is a wait for what becomes of an event: for an answer, or for the
// instance's value to show that there is none to wait for any more.
type receipt struct {
	client  *Client
	message hub.Message
	number  uint64
	answers <-chan history.Outcome
	changes <-chan struct{}
	// final is set when the value shows that the event is dealt with, and verdict is
	// what then is returned if there is no answer.
	final   bool
	verdict error
	// blocked says why the instance does not take it in, if it shows that.
	blocked string
}

func (r *receipt) await(ctx context.Context) (Outcome, error) {
	var patience <-chan time.Time
	for !r.final || r.answers != nil {
		select {
		case outcome, open := <-r.answers:
			if !open {
				r.answers = nil
				continue
			}
			return outcome, r.explain(ctx, outcome)
		case _, open := <-r.changes:
			if err := r.look(ctx, open); err != nil {
				return "", err
			}
			if r.final {
				r.changes, patience = nil, time.After(receiptPatience)
			}
		case <-patience:
			return "", r.verdict
		case <-ctx.Done():
			if r.final {
				return "", r.verdict
			}
			return "", r.late(ctx.Err())
		}
	}
	return "", r.verdict
}

// late says that no outcome is known, be it that the caller's patience is over, and what
// the event waits for.
func (r *receipt) late(err error) error {
	if r.blocked != "" {
		return fmt.Errorf("%w: %w: %q takes the event in when that is put right: %s (%w)",
			ErrNotTakenIn, ErrInstanceBlocked, r.message.Instance, r.blocked, err)
	}
	return fmt.Errorf("%w: waiting for instance %q: %w", ErrNotTakenIn, r.message.Instance, err)
}

// look finds out whether the instance's value shows that the event is dealt with.
func (r *receipt) look(ctx context.Context, open bool) error {
	id := r.message.Instance
	if !open {
		if err := ctx.Err(); err != nil {
			return r.late(err)
		}
		return r.late(errWatchEnded)
	}
	v, err := insist(ctx, func() (*record.InstanceRecord, error) {
		v, _, err := r.client.newest(ctx, id)
		return v, err
	})
	if v != nil {
		r.blocked = v.Blocked
	}
	isKept := !r.message.At.IsZero()
	switch {
	case ctx.Err() != nil:
		return r.late(ctx.Err())
	case err != nil:
		return r.late(err)
	case v != nil && v.Watermark >= r.number:
		r.final = true
	case isKept:
		// It needs no instance: nothing is said by there being none.
	case v == nil || !v.Status.IsInstance():
		r.final, r.verdict = true, notFound(id)
	case v.Status.Ended():
		r.final, r.verdict = true, tooLate(id, v.Status)
	}
	return nil
}

// explain returns the error that an outcome comes with.
func (r *receipt) explain(ctx context.Context, outcome Outcome) error {
	if outcome != Discarded {
		return nil
	}
	id := r.message.Instance
	v, err := r.client.loadLatest(ctx, id)
	switch {
	case errors.Is(err, ErrInstanceNotFound) && !r.message.At.IsZero():
		return fmt.Errorf("%w, and the event was not kept: its time was over or is too far ahead, or too many are kept", err)
	case err != nil:
		return err
	case v.Status.Ended():
		return tooLate(id, v.Status)
	}
	return fmt.Errorf("%w: %q had ended when the event's turn came, and was started again since; or the event is a dead letter", ErrInstanceEnded, id)
}

func tooLate(id string, status Status) error {
	return fmt.Errorf("%w: %q is %s and did not take the event in", ErrInstanceEnded, id, status)
}
