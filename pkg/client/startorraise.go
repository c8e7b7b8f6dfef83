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

// prepareWithEvent is prepare for a start that carries an event.
func (s launcher) prepareWithEvent(ctx context.Context, orchestrator string, input any, event string, payload any, opts []StartOption) (*launch, error) {
	if err := ident.CheckName("event name", event); err != nil {
		return nil, err
	}
	data, err := encode(s.hub, "payload", payload)
	if err != nil {
		return nil, err
	}
	l, err := s.prepare(ctx, orchestrator, input, opts)
	if err != nil {
		return nil, err
	}
	if l.reuse != RefuseLive {
		return nil, fmt.Errorf("%w: a start with an event raises the event where the instance is live, so the policy %q does not go with it", ErrInvalidOption, l.reuse)
	}
	if l.once != nil {
		return nil, fmt.Errorf("%w: a start with an event takes the id of its event, not an idempotency key", ErrInvalidOption)
	}
	if limit := s.hub.MaxPayload(); len(l.input)+len(data) > limit {
		return nil, fmt.Errorf("%w: input and payload have %d bytes together, this hub takes up to %d in one message", ErrPayloadTooLarge, len(l.input)+len(data), limit)
	}
	l.with = &hub.Raised{Name: event, ID: l.eventID, Data: data}
	return l, nil
}

// startOrRaise sends the one message of the launch. If there is no live instance to raise the
// event on, a claim goes with the message, so that the instance exists from now on.
func (s launcher) startOrRaise(ctx context.Context, l *launch) error {
	v, revision, err := s.records.newest(ctx, l.id)
	if err != nil {
		return err
	}
	execution := rand.Text()
	if v != nil && isLive(v) {
		if _, err := s.hub.Post(ctx, l.message(execution, hub.AnyEnded)); err != nil {
			return fmt.Errorf("starting instance %q: %w", l.id, err)
		}
		return nil
	}
	before, err := s.succeed(ctx, l.id, v, revision)
	if err != nil {
		return err
	}
	number, err := s.tryLaunch(ctx, l, execution, before)
	if errors.Is(err, hub.ErrConflict) {
		return s.claimAgain(ctx, l, execution, number)
	}
	return err
}

// claimAgain claims the id for a message that is stored and whose first claim was refused. It
// tries until the instance exists: by this claim, by that of another start, on whose instance
// the event is raised then, or because a worker has taken the message in.
func (s launcher) claimAgain(ctx context.Context, l *launch, execution string, number uint64) error {
	for pauses := looks(); ; {
		v, revision, err := s.records.newest(ctx, l.id)
		if err != nil {
			return err
		}
		if done, err := s.isTakenIn(ctx, l.id, v, number); done || err != nil {
			return err
		}
		before, err := s.succeed(ctx, l.id, v, revision)
		if err != nil {
			return err
		}
		err = s.hub.Claim(ctx, l.id, l.claim(execution, before, s.hub.Now(ctx).UTC()), before.revision)
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

// isTakenIn reports whether the instance is live, or has been since the start message of that
// number was stored. A claim would then come too late and block the id for ever: the message
// that starts its instance would be gone.
func (s launcher) isTakenIn(ctx context.Context, id string, v *record.InstanceRecord, number uint64) (bool, error) {
	if v != nil {
		return isLive(v) || v.Watermark >= number, nil
	}
	// A purged instance has left none of its messages behind.
	settled, err := s.hub.Settled(ctx, id, number)
	if err != nil {
		return false, fmt.Errorf("looking for the start of instance %q: %w", id, err)
	}
	return settled, nil
}
