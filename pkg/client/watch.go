package client

import (
	"context"
	"iter"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Watch returns how the instance is now, and again after each change, until it has
// ended; changes that come faster than they are taken are returned as one. It ends
// with the first error, which it yields: those of [Client.Wait].
func (c *Client) Watch(ctx context.Context, id string) iter.Seq2[*Instance, error] {
	return func(yield func(*Instance, error) bool) {
		if err := ident.CheckInstance(id); err != nil {
			yield(nil, err)
			return
		}
		stopped := false
		_, err := c.await(ctx, id, func(v *record.InstanceRecord) bool {
			stopped = !yield(newInstance(id, v), nil)
			return stopped || v.Status.Ended()
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}
