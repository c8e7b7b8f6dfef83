package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// Turn takes in the messages of one instance, as many of the batch as it can,
// and returns how many: load → replay → commit → send → ack. An error leaves the
// rest of the batch as it was, to be tried again; a [*BlockedError] says that the
// instance cannot go on as it is.
//
// A turn that may have to wait for others gives up when over is closed, with [ErrOver].
func (r *Runner) Turn(ctx context.Context, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error) {
	n, err := r.tryTurn(ctx, partition, batch, over)
	if hub.IsPermanent(err) {
		return r.holdBack(ctx, partition, batch, err)
	}
	return n, err
}

func (r *Runner) tryTurn(ctx context.Context, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error) {
	i, parked := r.cache.take(batch[0].Instance)
	if !parked {
		var err error
		if i, err = r.loader.load(ctx, batch); err != nil {
			return 0, err
		}
	}
	if isSuspect(i, batch) {
		return r.suspectTurn(ctx, i, partition, batch, over)
	}
	return r.goOn(ctx, i, partition, batch, r.executor)
}

// goOn is the rest of a turn after the load.
func (r *Runner) goOn(ctx context.Context, i *turn.Instance, partition int, batch []hub.Delivery, executor turn.Executor) (int, error) {
	o, err := r.replay(ctx, i, batch, executor)
	if err != nil {
		return 0, err
	}
	return r.finish(ctx, o, partition, batch)
}

// replay works out the outcome of the messages. A message that seems to change nothing is
// believed only of the newest record: a replica may lag behind.
func (r *Runner) replay(ctx context.Context, i *turn.Instance, batch []hub.Delivery, executor turn.Executor) (*turn.Outcome, error) {
	for {
		o, err := r.advance(ctx, i, batch, executor)
		if err != nil || o.Kind != turn.Stale {
			return o, err
		}
		if i, err = r.loader.latest(ctx, batch); err != nil {
			return nil, err
		}
	}
}

func (r *Runner) advance(ctx context.Context, i *turn.Instance, batch []hub.Delivery, executor turn.Executor) (*turn.Outcome, error) {
	keepsIDs, err := r.keepsIDs(ctx, i, batch)
	if err != nil {
		i.Close()
		return nil, fmt.Errorf("read whether the hub keeps ids: %w", err)
	}
	limits := turn.Limits{Payload: r.hub.MaxPayload(), Record: r.hub.MaxValue(), KeepsIDs: keepsIDs, IsFatal: r.isFatal}
	return turn.Advance(i, turn.Batch{Messages: batch, Now: r.hub.Now(ctx).UTC()}, limits, executor), nil
}

// keepsIDs reports whether the hub uses the id of an instance for no other one. The hub is
// asked only if a start meets an instance that is another's.
func (r *Runner) keepsIDs(ctx context.Context, i *turn.Instance, batch []hub.Delivery) (bool, error) {
	if !i.Exists || !i.Record.Status.IsInstance() {
		return false, nil
	}
	isAnothers := func(m hub.Delivery) bool {
		return m.Verb == hub.VerbStart && !record.IsRunOf(m.Execution, i.Record.Execution)
	}
	if !slices.ContainsFunc(batch, isAnothers) {
		return false, nil
	}
	return r.hub.KeepsIDs(ctx)
}

// finish is the second half of a turn: commit → send → ack.
func (r *Runner) finish(ctx context.Context, o *turn.Outcome, partition int, batch []hub.Delivery) (int, error) {
	err := r.store.commit(ctx, o)
	if err == nil {
		err = r.outbox.send(ctx, o.Commands())
	}
	if err != nil {
		o.Next.Close()
		return 0, err
	}
	r.outbox.reply(ctx, o.Replies)
	ack(batch[:o.Taken], o.Rejected)
	r.letGo(ctx, o, partition)
	if o.Kind == turn.Blocked {
		return o.Taken, &BlockedError{Instance: o.Next.ID, Reason: o.Err}
	}
	return o.Taken, nil
}

// letGo parks the instance if it is live, and drops segments that nothing refers
// to any more.
func (r *Runner) letGo(ctx context.Context, o *turn.Outcome, partition int) {
	if o.Next.Code != nil && o.Next.IsLive() && o.Kind != turn.Blocked {
		r.cache.park(&o.Next, partition, time.Now())
	} else {
		o.Next.Close()
	}
	if len(o.Obsolete) == 0 {
		return
	}
	if err := r.hub.DropSegments(ctx, o.Next.ID, o.Obsolete); err != nil {
		r.monitor.Log.Debug("segments that are not needed any more were not removed", monitor.KeyInstance, o.Next.ID, monitor.KeyError, err)
	}
}
