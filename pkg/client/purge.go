package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Purge removes an ended instance and its history for good, and with it events that
// are kept for the next instance of its id. It returns [ErrInstanceLive] if the instance has not ended, [ErrInstanceNotFound] if there
// is none, [ErrInstanceUnsettled] if a worker has to finish with it first.
func (c *Client) Purge(ctx context.Context, id string) error {
	if err := ident.CheckInstance(id); err != nil {
		return err
	}
	patience, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	for pauses := looks(); ; {
		err := c.tryPurge(ctx, id, patience.Done())
		if !errors.Is(err, hub.ErrConflict) {
			return err
		}
		// It has changed meanwhile: it was started again, or an event is kept for its id.
		if pauses.Wait(patience) != nil {
			return cmp.Or(ctx.Err(), fmt.Errorf("%w: %q", ErrInstanceUnsettled, id))
		}
	}
}

func (c *Client) tryPurge(ctx context.Context, id string, patience <-chan struct{}) error {
	v, revision, err := c.newest(ctx, id)
	switch {
	case err != nil:
		return err
	case v == nil && revision == 0, v != nil && !v.Status.IsInstance():
		return notFound(id)
	case v == nil:
		// Purged before, maybe by somebody who did not get to the end of it.
		if err := c.hub.Purge(ctx, id, revision); err != nil {
			return fmt.Errorf("purging instance %q: %w", id, err)
		}
		return notFound(id)
	case !v.Status.Ended():
		return fmt.Errorf("%w: %q is %s", ErrInstanceLive, id, v.Status)
	}
	return c.purgeEnded(ctx, id, v, revision, patience)
}

// purgeEnded removes an ended instance once it is settled, or returns ErrConflict if
// it has changed meanwhile.
func (c *Client) purgeEnded(ctx context.Context, id string, v *record.InstanceRecord, revision uint64, patience <-chan struct{}) error {
	if err := c.settle(ctx, id, v, patience); err != nil {
		return err
	}
	if err := c.hub.Purge(ctx, id, revision); err != nil {
		return fmt.Errorf("purging instance %q: %w", id, err)
	}
	return nil
}
