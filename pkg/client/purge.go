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
// is none.
func (c *Client) Purge(ctx context.Context, id string) error {
	if err := history.CheckInstanceID(id); err != nil {
		return err
	}
	for range purgeAttempts {
		v, revision, err := c.loadLatest(ctx, id)
		if err != nil {
			return err
		}
		if !v.Status.Ended() {
			return fmt.Errorf("%w: %q is %s", ErrInstanceLive, id, v.Status)
		}
		err = c.hub.Purge(ctx, id, revision)
		if err == nil {
			return nil
		}
		if !errors.Is(err, history.ErrConflict) {
			return fmt.Errorf("purging instance %q: %w", id, err)
		}
	}
	return fmt.Errorf("%w: %q is being started and ended too often", ErrInstanceLive, id)
}
