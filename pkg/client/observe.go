package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

var errWatchEnded = errors.New("the hub stopped reporting changes")

// waitFor waits until done is true of the instance's record.
func (r records) waitFor(ctx context.Context, id string, done func(*record.InstanceRecord) bool) (*Instance, error) {
	if err := ident.CheckInstance(id); err != nil {
		return nil, err
	}
	v, err := r.await(ctx, id, done)
	if err != nil {
		return nil, err
	}
	return newInstance(id, v), nil
}

// await returns the instance's record as soon as done is true of it.
func (r records) await(ctx context.Context, id string, done func(*record.InstanceRecord) bool) (*record.InstanceRecord, error) {
	var last *record.InstanceRecord
	err := r.observe(ctx, id, func(v *record.InstanceRecord) (bool, error) {
		if v == nil {
			return false, notFound(id)
		}
		last = v
		return done(v), nil
	})
	return last, err
}

// observe calls see with the instance's record, nil if there is no instance, now and after
// each change, until see returns true or an error.
func (r records) observe(ctx context.Context, id string, see func(*record.InstanceRecord) (bool, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := untilReached(ctx, func() (<-chan struct{}, error) { return r.hub.Watch(ctx, id) })
	if err != nil {
		return fmt.Errorf("watching instance %q: %w", id, err)
	}
	load := func() (*record.InstanceRecord, error) { return r.latest(ctx, id) }
	for {
		if err := nextChange(ctx, changes); err != nil {
			return fmt.Errorf("waiting for instance %q: %w", id, err)
		}
		// The record must be at least as new as the change that was reported.
		v, err := untilReached(ctx, load)
		if err != nil && !errors.Is(err, ErrInstanceNotFound) {
			return err
		}
		// A hub that has answered once will answer again. A cluster may take longer to elect
		// a leader than one request waits.
		load = func() (*record.InstanceRecord, error) { return r.latestOfSlowHub(ctx, id) }
		if done, err := see(v); done || err != nil {
			return err
		}
	}
}

// latestOfSlowHub is latest, but takes a hub that does not answer in time for one that cannot
// be reached just now.
func (r records) latestOfSlowHub(ctx context.Context, id string) (*record.InstanceRecord, error) {
	v, err := r.latest(ctx, id)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", hub.ErrUnreachable, err)
	}
	return v, err
}

// untilReached calls do until the hub can be reached, and returns its result. The function do
// must only read. An interrupted connection comes back, and so does a server that has no
// leader just now. A hub that does not answer in time is an error: it may never answer.
func untilReached[T any](ctx context.Context, do func() (T, error)) (T, error) {
	pauses := retry.Pauses{Longest: time.Second}
	for {
		got, err := do()
		if !errors.Is(err, hub.ErrUnreachable) {
			return got, err
		}
		if over := pauses.Wait(ctx); over != nil {
			return got, fmt.Errorf("%w (%w)", over, err)
		}
	}
}

// nextChange waits for a change to be reported.
func nextChange(ctx context.Context, changes <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case _, open := <-changes:
		if open {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return errWatchEnded
	}
}
