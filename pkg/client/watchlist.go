package client

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// listPause is the shortest time between two looks at a list that is watched: reading what
// many instances have become costs no more than reading what one has.
const listPause = 500 * time.Millisecond

// WatchList returns the instances that the filter chooses, page by page as [Client.List]
// does, and then, after each change, those that have changed since, be it none; at most
// twice a second. While nothing changes it asks the hub for nothing. It goes on until ctx
// ends or another error comes, which it yields, and goes on when the connection breaks.
func (c *Client) WatchList(ctx context.Context, f Filter) iter.Seq2[[]Summary, error] {
	return func(yield func([]Summary, error) bool) {
		stopped := false
		err := c.followList(ctx, f, func(changed []Summary) bool {
			stopped = !yield(changed, nil)
			return !stopped
		})
		if !stopped {
			yield(nil, fmt.Errorf("watching instances: %w", err))
		}
	}
}

// followList calls show until it returns false or there is an error.
func (c *Client) followList(ctx context.Context, f Filter, show func([]Summary) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := insist(ctx, func() (<-chan struct{}, error) { return c.hub.WatchAll(ctx) })
	if err != nil {
		return err
	}
	pause := time.NewTicker(listPause)
	defer pause.Stop()
	for {
		if err := next(ctx, changes); err != nil {
			return err
		}
		for more := true; more; {
			page, err := insist(ctx, func() (Page, error) { return c.List(ctx, f) })
			if err != nil {
				return err
			}
			if !show(page.Instances) {
				return nil
			}
			f.Token, more = page.Later, page.Next != ""
		}
		pause.Reset(listPause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
