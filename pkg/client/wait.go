package client

import (
	"context"
	"iter"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Wait waits until the instance has ended and returns how it ended. It returns
// [ErrInstanceNotFound] if there is no such instance, or if it is purged meanwhile, and the
// context's error if the context ends first. A failed instance is no error here: look at its
// Status and Failure. Wait goes on when the connection breaks.
func (c *Client) Wait(ctx context.Context, id string) (*Instance, error) {
	return c.records.waitFor(ctx, id, func(v *record.InstanceRecord) bool { return v.Status.Ended() })
}

// WaitForStart waits until the instance's code has begun to run, and returns how the instance
// is then. Errors are those of [Client.Wait].
func (c *Client) WaitForStart(ctx context.Context, id string) (*Instance, error) {
	return c.records.waitFor(ctx, id, func(v *record.InstanceRecord) bool { return v.Status != Pending })
}

// Watch returns how the instance is now, and again after each change, until it has ended.
// Changes that come faster than they are taken are returned as one. It ends with the first
// error, which it yields: those of [Client.Wait].
func (c *Client) Watch(ctx context.Context, id string) iter.Seq2[*Instance, error] {
	return func(yield func(*Instance, error) bool) {
		if err := ident.CheckInstance(id); err != nil {
			yield(nil, err)
			return
		}
		stopped := false
		_, err := c.records.await(ctx, id, func(v *record.InstanceRecord) bool {
			stopped = !yield(newInstance(id, v), nil)
			return stopped || v.Status.Ended()
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}
