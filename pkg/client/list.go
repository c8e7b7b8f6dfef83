package client

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// DefaultLimit is how many instances a page has at most where the filter does not say.
const DefaultLimit = 100

// Page is a part of a listing.
type Page struct {
	Instances []Summary
	// Next is the Token of the next page, empty if this is the last.
	Next string
	// Later is the Token of the changes that come after this page, those that are yet to
	// happen included. A page that is read with it later has the changes since this one.
	Later string
}

// List returns a page of the instances that the filter chooses, in the order of their last
// change, oldest first. An instance that changes between two pages moves to the end, so it
// may show up twice, but none is left out. To fill a page, List reads all instances that the
// filter passes over, but none that has changed after the filter's UpdatedTo. It returns
// [ErrInvalidToken] for a token of another hub or of another filter, whose Limit and times
// may differ, and for anything that is no token.
func (c *Client) List(ctx context.Context, f Filter) (Page, error) {
	var page Page
	tokens := tokens{c.hub.Identity()}
	cursor, err := tokens.parse(f)
	if err != nil {
		return page, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	err = c.hub.Scan(ctx, cursor, func(s Summary) bool {
		if f.isBehind(s) {
			return false
		}
		chosen := f.chooses(s)
		if chosen && len(page.Instances) == limit {
			cursor, page.Next = s.Revision, tokens.token(f, s.Revision)
			return false
		}
		cursor = s.Revision + 1
		if chosen {
			page.Instances = append(page.Instances, s)
		}
		return true
	})
	if err != nil {
		return Page{}, fmt.Errorf("listing instances: %w", err)
	}
	page.Later = tokens.token(f, cursor)
	return page, nil
}

// All returns every instance that the filter chooses, in the order of [Client.List]. It reads
// them page by page; the filter's Limit is the size of a page. It ends with the first error,
// which it yields.
func (c *Client) All(ctx context.Context, f Filter) iter.Seq2[Summary, error] {
	return func(yield func(Summary, error) bool) {
		for {
			page, err := c.List(ctx, f)
			if err != nil {
				yield(Summary{}, err)
				return
			}
			for _, s := range page.Instances {
				if !yield(s, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			f.Token = page.Next
		}
	}
}

// listPause is the shortest time between two reads of a list that is watched: reading the
// changes of many instances costs no more than reading that of one.
const listPause = 500 * time.Millisecond

// WatchList returns the instances that the filter chooses, page by page as [Client.List]
// does. Then it waits for changes, and returns the chosen instances that have changed since,
// maybe none, at most twice a second. While nothing changes it does not ask the hub. It goes
// on when the connection breaks, and ends with the first other error, such as the end of
// ctx, which it yields.
func (c *Client) WatchList(ctx context.Context, f Filter) iter.Seq2[[]Summary, error] {
	return func(yield func([]Summary, error) bool) {
		stopped := false
		err := listChanges(ctx, c, f, func(changed []Summary) bool {
			stopped = !yield(changed, nil)
			return !stopped
		})
		if !stopped {
			yield(nil, fmt.Errorf("watching instances: %w", err))
		}
	}
}

// listChanges calls show with each page of changes until show returns false or there is an
// error.
func listChanges(ctx context.Context, c *Client, f Filter, show func([]Summary) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := untilReached(ctx, func() (<-chan struct{}, error) { return c.hub.WatchAll(ctx) })
	if err != nil {
		return err
	}
	pause := time.NewTicker(listPause)
	defer pause.Stop()
	for {
		if err := nextChange(ctx, changes); err != nil {
			return err
		}
		for more := true; more; {
			page, err := untilReached(ctx, func() (Page, error) { return c.List(ctx, f) })
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
