package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// purgeAttempts bounds how often a purge is tried again because the ended
// instance has changed meanwhile.
const purgeAttempts = 10

// Purge removes an ended instance and its history for good. It returns
// [ErrInstanceLive] if the instance has not ended, [ErrInstanceNotFound] if there
// is none, [ErrInstanceUnsettled] if a worker has to finish with it first.
func (c *Client) Purge(ctx context.Context, id string) error {
	if err := history.CheckInstanceID(id); err != nil {
		return err
	}
	for range purgeAttempts {
		err := c.tryPurge(ctx, id)
		if !errors.Is(err, history.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: %q is being started and ended too often", ErrInstanceLive, id)
}

func (c *Client) tryPurge(ctx context.Context, id string) error {
	v, revision, err := c.hub.LoadLatest(ctx, id)
	switch {
	case err != nil:
		return fmt.Errorf("loading instance %q: %w", id, err)
	case v == nil && revision == 0:
		return fmt.Errorf("%w: %q", ErrInstanceNotFound, id)
	case v == nil:
		// Purged before, maybe by somebody who did not get to the end of it.
		if err := c.hub.Purge(ctx, id, revision); err != nil {
			return fmt.Errorf("purging instance %q: %w", id, err)
		}
		return fmt.Errorf("%w: %q", ErrInstanceNotFound, id)
	case !v.Status.Ended():
		return fmt.Errorf("%w: %q is %s", ErrInstanceLive, id, v.Status)
	}
	if err := c.settle(ctx, id, v); err != nil {
		return err
	}
	if err := c.hub.Purge(ctx, id, revision); err != nil {
		return fmt.Errorf("purging instance %q: %w", id, err)
	}
	return nil
}
