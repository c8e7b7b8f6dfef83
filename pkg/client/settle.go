package client

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// settlePatience is how long a client waits for the last turn of an ended instance to be
// carried out.
const settlePatience = 5 * time.Second

// looks are the pauses between two looks at what others are changing: a worker that lives
// needs a moment for it.
func looks() retry.Pauses {
	return retry.Pauses{First: 2 * time.Millisecond, Longest: 250 * time.Millisecond}
}

// settle returns when an ended instance may be removed: when what its last turn
// decided has been carried out. Until then its value is all that knows of it. It
// returns ErrInstanceUnsettled if it is not when patience is closed.
func (c *Client) settle(ctx context.Context, id string, v *record.InstanceRecord, patience <-chan struct{}) error {
	for pauses := looks(); ; {
		settled, err := c.hub.Settled(ctx, id, v.Watermark)
		if err != nil {
			return fmt.Errorf("looking for what instance %q has left: %w", id, err)
		}
		if settled {
			return nil
		}
		select {
		case <-time.After(pauses.Next()):
		case <-patience:
			if err := ctx.Err(); err != nil {
				return err
			}
			return fmt.Errorf("%w: %q", ErrInstanceUnsettled, id)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
