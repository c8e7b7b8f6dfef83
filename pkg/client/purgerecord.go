package client

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// purge makes one attempt to remove an instance.
func (r records) purge(ctx context.Context, id string, over <-chan struct{}) error {
	v, revision, err := r.newest(ctx, id)
	switch {
	case err != nil:
		return err
	case v == nil && revision == 0, v != nil && !v.Status.IsInstance():
		return notFound(id)
	case v == nil:
		// The instance was purged before, maybe by a process that died over it.
		if err := r.hub.Purge(ctx, id, revision); err != nil {
			return fmt.Errorf("purging instance %q: %w", id, err)
		}
		return notFound(id)
	case !v.Status.Ended():
		return fmt.Errorf("%w: %q is %s", ErrInstanceLive, id, v.Status)
	}
	return r.purgeEnded(ctx, id, v, revision, over)
}

// purgeEnded removes an ended instance once it is settled, or returns ErrConflict if its record
// has changed meanwhile.
func (r records) purgeEnded(ctx context.Context, id string, v *record.InstanceRecord, revision uint64, over <-chan struct{}) error {
	if err := r.awaitSettled(ctx, id, v, over); err != nil {
		return err
	}
	if err := r.hub.Purge(ctx, id, revision); err != nil {
		return fmt.Errorf("purging instance %q: %w", id, err)
	}
	return nil
}
