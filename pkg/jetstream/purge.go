package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// tombstoneTTL is for how long a purged instance leaves a revision behind, so that no worker
// that still has the instance loaded can commit it.
const tombstoneTTL = time.Hour

// Settled reports whether the control stream holds none of the instance's messages up to that
// number any more. Messages are removed when the decisions on them have been carried out.
func (r *requests) Settled(ctx context.Context, instance string, watermark uint64) (bool, error) {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return false, err
	}
	m, err := r.message(ctx, r.codec.Names.Streams.Control, messageQuery{From: 1, Next: r.codec.Names.Control.Of(token)})
	if errors.Is(err, js.ErrMsgNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for messages of instance %q: %w", instance, err)
	}
	return m.Sequence > watermark, nil
}

// Purge removes the record, the segments and the timers of the instance, if its revision is
// still the given one; [hub.ErrConflict] otherwise. Whatever the next instance of the id may
// have stored meanwhile stays. Of an instance that was purged before it removes the rest.
func (r *requests) Purge(ctx context.Context, instance string, revision uint64) error {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return err
	}
	// Only timers that are there by now can be the purged instance's.
	purgeTimers, err := r.timerPurge(ctx, token)
	if err != nil {
		return fmt.Errorf("purge instance %q: %w", instance, err)
	}
	tombstone, err := r.bury(ctx, token, revision)
	if err != nil {
		return fmt.Errorf("purge instance %q: %w", instance, err)
	}
	if err := r.purgeSegments(ctx, token, tombstone); err != nil {
		return fmt.Errorf("purge segments of instance %q: %w", instance, err)
	}
	if err := purgeTimers(ctx); err != nil {
		return fmt.Errorf("purge timers of instance %q: %w", instance, err)
	}
	return nil
}

// purgeSegments removes the segments that are older than that revision.
func (r *requests) purgeSegments(ctx context.Context, token string, revision uint64) error {
	_, err := r.purge(ctx, r.codec.Names.Streams.Values, r.codec.Names.Values.SegmentsOf(token), revision)
	return err
}

// bury puts a tombstone into the place of the value of that revision and returns its
// number. The tombstone goes after an hour; but not while a start is stored whose claim
// may have been refused because of the value: with neither value nor tombstone there, a
// worker that comes to the message would take it for the first start of the id.
func (r *requests) bury(ctx context.Context, token string, revision uint64) (uint64, error) {
	subject := r.codec.Names.Values.Of(token)
	tombstone, err := r.publish(ctx, wire.Tombstone(subject, revision, tombstoneTTL)).wait(ctx)
	if err != nil {
		return 0, err
	}
	_, err = r.message(ctx, r.codec.Names.Streams.Control, messageQuery{From: 1, Next: r.codec.Names.Control.ClaimsOf(token)})
	if errors.Is(err, js.ErrMsgNotFound) {
		return tombstone, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for starts: %w", err)
	}
	lasting, err := r.publish(ctx, wire.Tombstone(subject, tombstone, 0)).wait(ctx)
	if errors.Is(err, hub.ErrConflict) {
		return tombstone, nil // the id is in use again: its next purge will see to it
	}
	return lasting, err
}

// timerPurge finds the timers that the instance has now, both set and due, and returns a
// function that removes them.
func (r *requests) timerPurge(ctx context.Context, token string) (func(context.Context) error, error) {
	newest := map[string]uint64{}
	subjects := []string{r.codec.Names.Timers.Of(token), r.codec.Names.Timers.DuesOf(token)}
	for _, subject := range subjects {
		m, err := r.latest(ctx, r.codec.Names.Streams.Timers, subject)
		switch {
		case errors.Is(err, js.ErrMsgNotFound):
		case err != nil:
			return nil, fmt.Errorf("look for timers: %w", err)
		default:
			newest[subject] = m.Sequence
		}
	}
	return func(ctx context.Context) error {
		for _, subject := range subjects {
			if newest[subject] == 0 {
				continue
			}
			if _, err := r.purge(ctx, r.codec.Names.Streams.Timers, subject, newest[subject]+1); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
