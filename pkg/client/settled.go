package client

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// settleTimeout is how long a client waits for an ended instance to be settled.
const settleTimeout = 5 * time.Second

// looks are the pauses between two looks at what a worker or another client is changing.
func looks() retry.Pauses {
	return retry.Pauses{First: 2 * time.Millisecond, Longest: 250 * time.Millisecond}
}

// awaitSettled returns when an ended instance is settled: when a worker has carried out what
// the last turn decided. Until then the record is all that knows of those decisions, so it
// must not be removed. awaitSettled returns ErrInstanceUnsettled if over is closed before.
func (r records) awaitSettled(ctx context.Context, id string, v *record.InstanceRecord, over <-chan struct{}) error {
	for pauses := looks(); ; {
		settled, err := r.hub.Settled(ctx, id, v.Watermark)
		if err != nil {
			return fmt.Errorf("looking for what instance %q has left: %w", id, err)
		}
		if settled {
			return nil
		}
		select {
		case <-time.After(pauses.Next()):
		case <-over:
			if err := ctx.Err(); err != nil {
				return err
			}
			return fmt.Errorf("%w: %q", ErrInstanceUnsettled, id)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
