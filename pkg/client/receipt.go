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

// receiptTimeout is how long a receipt waits for the answer once the instance's record shows
// that the event is dealt with. The worker answers just after it has stored the record; if
// the answer does not come, the worker has died.
const receiptTimeout = 2 * time.Second

// raiseForReceipt sends the event and waits for its outcome.
func (r records) raiseForReceipt(ctx context.Context, m hub.Message) (Outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	number, answers, err := r.hub.Ask(ctx, m)
	if err != nil {
		return "", raiseError(m, err)
	}
	changes, err := untilReached(ctx, func() (<-chan struct{}, error) { return r.hub.Watch(ctx, m.Instance) })
	wait := receipt{records: r, message: m, number: number, answers: answers, changes: changes}
	if err != nil {
		return "", wait.late(err) // the event is stored by now
	}
	return wait.await(ctx)
}

// receipt waits for the outcome of an event that is stored: for the worker's answer, or for
// the instance's record to show that no answer will come.
type receipt struct {
	records records
	message hub.Message
	number  uint64
	answers <-chan history.Outcome
	changes <-chan struct{}
	// final is set when the record shows that the event is dealt with. The receipt then
	// returns verdict if no answer comes.
	final   bool
	verdict error
	// blocked is the reason in the record why the instance takes nothing in.
	blocked string
}

func (r *receipt) await(ctx context.Context) (Outcome, error) {
	var timeout <-chan time.Time
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
				r.changes, timeout = nil, time.After(receiptTimeout)
			}
		case <-timeout:
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

// late returns the error of a receipt that has no outcome: ErrNotTakenIn, and why the event is
// not taken in, if that is known.
func (r *receipt) late(err error) error {
	if r.blocked != "" {
		return fmt.Errorf("%w: %w: %q takes the event in when that is put right: %s (%w)",
			ErrNotTakenIn, ErrInstanceBlocked, r.message.Instance, r.blocked, err)
	}
	return fmt.Errorf("%w: waiting for instance %q: %w", ErrNotTakenIn, r.message.Instance, err)
}

// look reads the instance's record, and sets final if it shows that the event is dealt with.
func (r *receipt) look(ctx context.Context, open bool) error {
	id := r.message.Instance
	if !open {
		if err := ctx.Err(); err != nil {
			return r.late(err)
		}
		return r.late(errWatchEnded)
	}
	v, err := untilReached(ctx, func() (*record.InstanceRecord, error) {
		v, _, err := r.records.newest(ctx, id)
		return v, err
	})
	if v != nil {
		r.blocked = v.Blocked
	}
	isKept := !r.message.KeepUntil.IsZero()
	switch {
	case ctx.Err() != nil:
		return r.late(ctx.Err())
	case err != nil:
		return r.late(err)
	case v != nil && v.Watermark >= r.number:
		r.final = true
	case isKept:
		// The event can be kept without an instance.
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
	v, err := r.records.latest(ctx, id)
	switch {
	case errors.Is(err, ErrInstanceNotFound) && !r.message.KeepUntil.IsZero():
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
