package client

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// RaiseOption is an option of [Client.Raise] and [Client.RaiseWithReceipt].
type RaiseOption func(*raiseOptions)

type raiseOptions struct {
	id      string
	keepFor time.Duration
	blind   bool
}

// WithEventID makes the event idempotent: the same name raised again with the same id on
// the same execution is one event, however late the repeat. The id has 1 to 512 bytes
// of UTF-8, no control characters, and no space at either end; empty is no id.
func WithEventID(id string) RaiseOption {
	return func(o *raiseOptions) { o.id = id }
}

// WithKeepFor keeps the event for so long, if there is no instance of that id or it
// has ended, and hands it to the instance that is started meanwhile. Raise then
// returns neither [ErrInstanceNotFound] nor [ErrInstanceEnded]. For one id up to
// 1,000 events are kept, of about 0.7 MB together where max_payload is 1 MiB: one more is
// refused with [ErrKeptFull]. One that was raised before the others were taken in, or
// without a look, becomes a dead letter; a receipt says that it was discarded. So is an
// event that no worker has taken in before its time is over. Zero or less keeps nothing; more than
// 366 days are refused with [ErrTooFarAhead].
func WithKeepFor(d time.Duration) RaiseOption {
	return func(o *raiseOptions) { o.keepFor = d }
}

// WithoutLooking raises the event without a look at the instance: for who may raise
// events and see nothing. Nobody is told if there is no such instance, or it has ended;
// the event is then discarded. It does not go with receipts.
func WithoutLooking() RaiseOption {
	return func(o *raiseOptions) { o.blind = true }
}

// Raise raises an external event on an instance. Event names match without
// regard to case.
//
// It returns [ErrInstanceNotFound] or [ErrInstanceEnded] if that is how the
// instance is now, [ErrInvalidName], [ErrInvalidPayload] or
// [ErrPayloadTooLarge]; in all these cases nothing was sent. After any other error
// the event may or may not have been sent; with [WithEventID] it is safe to raise
// it again, as long as no other instance was started under the id meanwhile.
func (c *Client) Raise(ctx context.Context, id, event string, payload any, opts ...RaiseOption) error {
	var o raiseOptions
	for _, opt := range opts {
		opt(&o)
	}
	m, err := c.newRaise(ctx, id, event, payload, o)
	if err != nil {
		return err
	}
	if _, err := c.hub.Post(ctx, m); err != nil {
		return raiseError(m, err)
	}
	return nil
}

func raiseError(m hub.Message, err error) error {
	return fmt.Errorf("raising event %q on instance %q: %w", m.Arg, m.Instance, err)
}

// newRaise returns the message that raises the event, if the instance can take it.
func (c *Client) newRaise(ctx context.Context, id, event string, payload any, o raiseOptions) (hub.Message, error) {
	m := hub.Message{Instance: id, Verb: hub.VerbRaise, Arg: event, ID: o.id}
	if err := o.check(id, event); err != nil {
		return m, err
	}
	var err error
	if m.Data, err = c.encode("payload", payload); err != nil {
		return m, err
	}
	if o.keepFor > 0 {
		m.At = c.hub.After(ctx, o.keepFor).UTC()
	}
	switch {
	case o.blind:
	case o.keepFor > 0:
		err = c.checkKeep(ctx, m)
	default:
		_, err = c.loadLive(ctx, id)
	}
	return m, err
}

// lookPatience bounds a look that an event can do without.
const lookPatience = 2 * time.Second

// checkKeep returns ErrKeptFull if the event would be kept, and there is no room for it.
// Where that cannot be found out, the worker that takes the event in will know.
func (c *Client) checkKeep(ctx context.Context, m hub.Message) error {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	v, _, err := c.hub.Load(look, m.Instance)
	if err != nil || v == nil || isLive(v) && v.Status != Pending {
		return nil
	}
	e := record.Event{Name: m.Arg, ID: m.ID, Data: m.Data}
	if err := v.CheckKeep(e, c.hub.MaxValue(), c.hub.MaxPayload()); err != nil {
		return fmt.Errorf("raising event %q on instance %q: %w", m.Arg, m.Instance, err)
	}
	return nil
}

func (o *raiseOptions) check(id, event string) error {
	if err := ident.CheckInstance(id); err != nil {
		return err
	}
	if err := ident.CheckName("event name", event); err != nil || o.id == "" {
		return err
	}
	return ident.CheckEvent(o.id)
}
