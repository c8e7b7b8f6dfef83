package client

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Raise raises an external event on an instance. Event names match without regard to case.
// The function [Raise] takes the handle of an event instead of its name.
//
// Raise returns [ErrInstanceNotFound] or [ErrInstanceEnded] if that is how the instance is
// now, [ErrInvalidName], [ErrInvalidPayload] or [ErrPayloadTooLarge]; in all these cases
// nothing was sent. After any other error the event may or may not have been sent. With
// [WithEventID] it is safe to raise it again, as long as no other instance was started under
// the id meanwhile.
func (c *Client) Raise(ctx context.Context, id, event string, payload any, opts ...RaiseOption) error {
	m, err := newRaise(ctx, c.records, id, event, payload, newRaiseOptions(opts))
	if err != nil {
		return err
	}
	if _, err := c.hub.Post(ctx, m); err != nil {
		return raiseError(m, err)
	}
	return nil
}

// RaiseWithReceipt is [Client.Raise], but waits until a worker has taken the event in, and
// says what became of it. If the worker dies meanwhile the outcome may be empty: the event
// stands in the history, and it is not known any more whether it was delivered, buffered or a
// duplicate.
//
// The outcome [Discarded] comes with [ErrInstanceNotFound] or [ErrInstanceEnded]: that is how
// the instance was when the event's turn came. Other errors are those of Raise. If no worker
// takes the event in before ctx ends, or the hub can no longer say how the instance is,
// RaiseWithReceipt returns [ErrNotTakenIn] and the cause; the event is stored and will be
// taken in.
func (c *Client) RaiseWithReceipt(ctx context.Context, id, event string, payload any, opts ...RaiseOption) (Outcome, error) {
	o := newRaiseOptions(opts)
	if o.blind {
		return "", fmt.Errorf("%w: a receipt takes a look at the instance", ErrInvalidOption)
	}
	m, err := newRaise(ctx, c.records, id, event, payload, o)
	if err != nil {
		return "", err
	}
	return c.records.raiseForReceipt(ctx, m)
}

// newRaise returns the message that raises the event, if the instance can take it.
func newRaise(ctx context.Context, r records, id, event string, payload any, o raiseOptions) (hub.Message, error) {
	m := hub.Message{Instance: id, Verb: hub.VerbRaise, Arg: event, ID: o.id}
	if err := o.check(id, event); err != nil {
		return m, err
	}
	var err error
	if m.Data, err = encode(r.hub, "payload", payload); err != nil {
		return m, err
	}
	if o.keepFor > 0 {
		m.KeepUntil = r.hub.After(ctx, o.keepFor).UTC()
	}
	switch {
	case o.blind:
	case o.keepFor > 0:
		err = checkKeep(ctx, r.hub, m)
	default:
		_, err = r.live(ctx, id)
	}
	return m, err
}

// keepTimeout bounds the look of checkKeep.
const keepTimeout = 2 * time.Second

// checkKeep returns ErrKeptFull if the event would be kept for an instance to come and there
// is no room for it. It returns nil if that cannot be found out: the worker that takes the
// event in checks again.
func checkKeep(ctx context.Context, h Hub, m hub.Message) error {
	look, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	v, _, err := h.Load(look, m.Instance)
	if err != nil || v == nil || isLive(v) && v.Status != Pending {
		return nil
	}
	e := record.Raised(m.Arg, m.ID, m.Data)
	if err := v.CheckKeep(e, h.MaxValue(), h.MaxPayload()); err != nil {
		return raiseError(m, err)
	}
	return nil
}

func raiseError(m hub.Message, err error) error {
	return fmt.Errorf("raising event %q on instance %q: %w", m.Arg, m.Instance, err)
}
