package client

import (
	"context"
	"fmt"
	"time"
)

// Retention returns for how long the hub keeps instances that have ended, 0 for
// ever.
func (c *Client) Retention(ctx context.Context) (time.Duration, error) {
	d, err := c.hub.Retention(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the retention: %w", err)
	}
	return d, nil
}

// SetRetention sets for how long the hub keeps instances that have ended, 0 for
// ever. Workers purge what is older, from time to time. It returns
// [ErrInvalidOption] for less than 0.
func (c *Client) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%w: retention %s", ErrInvalidOption, d)
	}
	if err := c.hub.SetRetention(ctx, d); err != nil {
		return fmt.Errorf("setting the retention: %w", err)
	}
	return nil
}
