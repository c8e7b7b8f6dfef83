package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// StartWithEvent raises an external event on an instance and starts the instance
// first if it is not live, and returns its id. Both is one message: whatever fails,
// there is never the one without the other, and of many callers at once one starts
// the instance and the events of all reach it.
//
// It needs no worker, and so it cannot say whether the instance was started or was
// there: that is settled when a worker takes the message in. Where the instance is
// live, name, input and all options but [WithInstanceID] and [WithStartEventID]
// change nothing.
//
// Errors are those of [Client.Start], with [ErrInstanceExists] only where the instance has
// ended and the hub uses no id again ([Client.SetIDReuse]), and those of an
// event that cannot be raised: [ErrInvalidName], [ErrInvalidPayload],
// [ErrPayloadTooLarge], which here goes for input and payload together. It returns
// [ErrInvalidOption] for [WithIdempotencyKey], and for [WithIDReuse] with another policy
// than [RefuseLive]. After any other error the event may or may not have been
// sent; with WithStartEventID it is safe to try again while the instance lives.
func (c *Client) StartWithEvent(ctx context.Context, name string, input any, event string, payload any, opts ...StartOption) (string, error) {
	if err := ident.CheckName("event name", event); err != nil {
		return "", err
	}
	data, err := c.encode("payload", payload)
	if err != nil {
		return "", err
	}
	l, err := c.prepare(ctx, name, input, opts)
	if err != nil {
		return "", err
	}
	if l.reuse != RefuseLive {
		return "", fmt.Errorf("%w: a start with an event raises the event where the instance is live, so the policy %q does not go with it", ErrInvalidOption, l.reuse)
	}
	if l.once != nil {
		return "", fmt.Errorf("%w: a start with an event takes the id of its event, not an idempotency key", ErrInvalidOption)
	}
	if limit := c.hub.MaxPayload(); len(l.input)+len(data) > limit {
		return "", fmt.Errorf("%w: input and payload have %d bytes together, this hub takes up to %d in one message", ErrPayloadTooLarge, len(l.input)+len(data), limit)
	}
	l.with = &hub.Raised{Name: event, ID: l.eventID, Data: data}
	if err := c.startOrRaise(ctx, l); err != nil {
		return "", err
	}
	return l.id, nil
}

// startOrRaise sends the launch's one message. Where there is nothing to raise the
// event on, a claim goes with it, so that the instance is there from now on.
func (c *Client) startOrRaise(ctx context.Context, l *launch) error {
	v, revision, err := c.newest(ctx, l.id)
	if err != nil {
		return err
	}
	execution := rand.Text()
	if v != nil && isLive(v) {
		if _, err := c.hub.Post(ctx, l.message(execution, hub.AnyEnded)); err != nil {
			return fmt.Errorf("starting instance %q: %w", l.id, err)
		}
		return nil
	}
	before, err := c.succeed(ctx, l.id, v, revision)
	if err != nil {
		return err
	}
	number, err := c.tryLaunch(ctx, l, execution, before)
	if errors.Is(err, hub.ErrConflict) {
		return c.claimAgain(ctx, l, execution, number)
	}
	return err
}

// claimAgain claims the id for a message that is stored, after the claim that came with
// it was refused, until the instance is there: by this claim, by somebody else's, on which
// the event is raised then, or because a worker has taken the message in.
func (c *Client) claimAgain(ctx context.Context, l *launch, execution string, number uint64) error {
	for pauses := looks(); ; {
		v, revision, err := c.newest(ctx, l.id)
		if err != nil {
			return err
		}
		if done, err := c.isTakenIn(ctx, l.id, v, number); done || err != nil {
			return err
		}
		before, err := c.succeed(ctx, l.id, v, revision)
		if err != nil {
			return err
		}
		err = c.hub.Claim(ctx, l.id, l.claim(execution, before, c.hub.Now(ctx).UTC()), before.revision)
		if err == nil {
			return nil
		}
		if !errors.Is(err, hub.ErrConflict) {
			return fmt.Errorf("claiming instance %q: %w", l.id, err)
		}
		if err := pauses.Wait(ctx); err != nil {
			return err
		}
	}
}

// isTakenIn reports whether the instance is live, or has been, since the start message
// of that number was stored. With that a claim would come too late, and would bar the id
// for ever: there would be no message any more that starts it.
func (c *Client) isTakenIn(ctx context.Context, id string, v *record.InstanceRecord, number uint64) (bool, error) {
	if v != nil {
		return isLive(v) || v.Watermark >= number, nil
	}
	// An instance that was purged since has left none of its messages behind.
	settled, err := c.hub.Settled(ctx, id, number)
	if err != nil {
		return false, fmt.Errorf("looking for the start of instance %q: %w", id, err)
	}
	return settled, nil
}
