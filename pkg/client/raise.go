package client

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// RaiseOption is an option of [Client.Raise].
type RaiseOption func(*raiseOptions)

type raiseOptions struct {
	id      string
	receipt bool
}

// WithEventID makes the event idempotent: raised again with the same id on the
// same execution it is one event, however late the repeat. The id has 1 to 128
// characters, none of them a control character; empty is no id.
func WithEventID(id string) RaiseOption {
	return func(o *raiseOptions) { o.id = id }
}

// WithReceipt makes Raise wait until the instance has taken the event in, that
// is, until it stands in the instance's history. That needs a worker.
func WithReceipt() RaiseOption {
	return func(o *raiseOptions) { o.receipt = true }
}

// Raise raises an external event on an instance. Event names match without
// regard to case.
//
// It returns [ErrInstanceNotFound] or [ErrInstanceEnded] if that is how the
// instance is now, [ErrInvalidName], [ErrInvalidPayload] or
// [ErrPayloadTooLarge]; in all these cases nothing was sent. With [WithReceipt],
// ErrInstanceEnded may also mean that the instance ended before the event's turn
// came. After any other error the event may or may not have been sent; with
// [WithEventID] it is safe to raise it again.
func (c *Client) Raise(ctx context.Context, id, event string, payload any, opts ...RaiseOption) error {
	var o raiseOptions
	for _, opt := range opts {
		opt(&o)
	}
	if err := o.check(event); err != nil {
		return err
	}
	data, err := c.encode("payload", payload)
	if err != nil {
		return err
	}
	if _, err := c.loadLive(ctx, id); err != nil {
		return err
	}
	number, err := c.hub.Post(ctx, history.Message{
		Instance: id, Verb: history.VerbRaise, Arg: event, Data: data, ID: o.id,
	})
	if err != nil {
		return fmt.Errorf("raising event %q on instance %q: %w", event, id, err)
	}
	if o.receipt {
		return c.awaitReceipt(ctx, id, number)
	}
	return nil
}

func (o *raiseOptions) check(event string) error {
	if err := history.CheckName("event name", event); err != nil || o.id == "" {
		return err
	}
	return history.CheckName("event id", o.id)
}

// awaitReceipt returns when the instance knows the control message of that
// number.
func (c *Client) awaitReceipt(ctx context.Context, id string, number uint64) error {
	v, err := c.await(ctx, id, func(v *history.Value) bool {
		return v.Watermark >= number || v.Status.Ended()
	})
	if err != nil {
		return err
	}
	if v.Watermark < number {
		return fmt.Errorf("%w: %q is %s and did not take the event in", ErrInstanceEnded, id, v.Status)
	}
	return nil
}
