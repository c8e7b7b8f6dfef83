package run

import (
	"context"
	"errors"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// holdBack deals with an instance that cannot be loaded, or whose turn cannot be
// stored, until somebody changes the stored data, the limits of the hub or the program.
// The instance is shown as blocked, if that can be stored, and its messages are kept.
// A terminate among them ends it all the same, and so does a start that takes its
// place: neither needs its code or its history.
func (r *Runner) holdBack(ctx context.Context, partition int, batch []hub.Delivery, cause error) (int, error) {
	var blocked *BlockedError
	if errors.As(cause, &blocked) {
		cause = blocked.Reason // whoever shows the reason says that the instance is blocked
	}
	i, err := r.loader.held(ctx, batch[0].Instance, cause)
	if err != nil {
		return 0, err
	}
	o, err := r.advance(ctx, i, batch, r.executor)
	if err != nil {
		return 0, err
	}
	if o.Kind == turn.Blocked && o.Taken == 0 {
		o.Next.Close()
		if i.Exists {
			r.showHeld(ctx, i)
		}
		return 0, &BlockedError{Instance: i.ID, Reason: o.Err}
	}
	n, err := r.finish(ctx, o, partition, batch)
	if hub.IsPermanent(err) {
		err = &BlockedError{Instance: i.ID, Reason: err}
	}
	return n, err
}

// showHeld stores why the instance is held back, and changes nothing else. Of a record that
// cannot be read, or not be stored, only its reader can say so.
func (r *Runner) showHeld(ctx context.Context, i *turn.Instance) {
	var unreadable *record.UnreadableError
	if errors.As(i.HeldBack, &unreadable) {
		return
	}
	v := i.Record
	if !turn.ShowBlocked(&v, i.HeldBack, r.hub.Now(ctx).UTC()) {
		return
	}
	if _, err := r.hub.Commit(ctx, i.ID, &v, i.Revision); err != nil {
		r.monitor.Log.Debug("the reason why an instance is blocked was not stored", monitor.KeyInstance, i.ID, monitor.KeyError, err)
	}
}
