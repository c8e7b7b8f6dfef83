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
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var errWatchEnded = errors.New("the hub stopped reporting changes")

// Wait waits until the instance has ended and returns how it did. It returns
// [ErrInstanceNotFound] if there is no such instance, or no longer, and the
// context's error if that ends first. A failed instance is not an error here:
// look at its Status and Failure. It goes on waiting when the connection breaks.
func (c *Client) Wait(ctx context.Context, id string) (*Instance, error) {
	return c.waitFor(ctx, id, func(v *record.InstanceRecord) bool { return v.Status.Ended() })
}

// WaitForStart waits until the instance's code has begun to run, and returns how
// the instance is then. Errors are those of [Client.Wait].
func (c *Client) WaitForStart(ctx context.Context, id string) (*Instance, error) {
	return c.waitFor(ctx, id, func(v *record.InstanceRecord) bool { return v.Status != history.Pending })
}

func (c *Client) waitFor(ctx context.Context, id string, done func(*record.InstanceRecord) bool) (*Instance, error) {
	if err := ident.CheckInstance(id); err != nil {
		return nil, err
	}
	v, err := c.await(ctx, id, done)
	if err != nil {
		return nil, err
	}
	return newInstance(id, v), nil
}

// await returns the instance's value as soon as done is true of it.
func (c *Client) await(ctx context.Context, id string, done func(*record.InstanceRecord) bool) (*record.InstanceRecord, error) {
	var last *record.InstanceRecord
	err := c.follow(ctx, id, func(v *record.InstanceRecord) (bool, error) {
		if v == nil {
			return false, notFound(id)
		}
		last = v
		return done(v), nil
	})
	return last, err
}

// follow shows the instance's value, nil if there is no instance, now and after
// each change, until see returns true or an error.
func (c *Client) follow(ctx context.Context, id string, see func(*record.InstanceRecord) (bool, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := insist(ctx, func() (<-chan struct{}, error) { return c.hub.Watch(ctx, id) })
	if err != nil {
		return fmt.Errorf("watching instance %q: %w", id, err)
	}
	load := func() (*record.InstanceRecord, error) { return c.loadLatest(ctx, id) }
	for {
		if err := next(ctx, changes); err != nil {
			return fmt.Errorf("waiting for instance %q: %w", id, err)
		}
		// Nothing older than the change that was reported will do.
		v, err := insist(ctx, load)
		if err != nil && !errors.Is(err, ErrInstanceNotFound) {
			return err
		}
		// A hub that has answered will do so again: a cluster may take longer to agree on
		// whom to ask than a request waits.
		load = func() (*record.InstanceRecord, error) { return c.loadPatiently(ctx, id) }
		if done, err := see(v); done || err != nil {
			return err
		}
	}
}

// insist does something that only reads, again after a pause while the hub cannot be
// reached, and returns how that ended. A break of the connection passes, and so does a
// server that has no answer just now; one that does not answer in time may never do.
func insist[T any](ctx context.Context, do func() (T, error)) (T, error) {
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

// loadPatiently is loadLatest where the silence of the hub is a condition that passes.
func (c *Client) loadPatiently(ctx context.Context, id string) (*record.InstanceRecord, error) {
	v, err := c.loadLatest(ctx, id)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", hub.ErrUnreachable, err)
	}
	return v, err
}

func next(ctx context.Context, changes <-chan struct{}) error {
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
