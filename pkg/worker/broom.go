package worker

import (
	"context"
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

const (
	// broomLag is how long before the time up to which it was purged a broom's place is:
	// more than the clocks of servers differ by, for lists are in the order of their clocks.
	broomLag = 2 * time.Minute
	// broomLife is how long a place is kept. A hub that was restored from a backup may have
	// something to purge before it.
	broomLife = 24 * time.Hour
	// broomRest is how many sweeps there are to a move of the place, which reads on twice.
	broomRest = 10
)

// ended are the statuses of what has ended.
var ended = []client.Status{client.Completed, client.Failed, client.Terminated, client.Canceled}

// broom purges what has ended, and remembers before which place of the list nothing has:
// instances that wait for months are not read again every few minutes. One that changes
// moves to the end of the list.
type broom struct {
	client *client.Client
	place  string
	begun  time.Time
	sweeps int
}

// purge removes what has ended until then, and returns how many instances that were.
func (b *broom) purge(ctx context.Context, until time.Time) (int, error) {
	if time.Since(b.begun) > broomLife {
		b.place, b.begun, b.sweeps = "", time.Now(), 0
	}
	n, err := b.client.PurgeWhere(ctx, client.Filter{Status: ended, UpdatedTo: until, Token: b.place})
	if err == nil && b.sweeps%broomRest == 0 {
		err = b.moveOn(ctx, until)
	}
	b.sweeps++
	if errors.Is(err, client.ErrInvalidToken) { // of a hub that was made anew
		b.place = ""
	}
	return n, err
}

// moveOn moves the place on, unless something is left that could not be purged yet.
func (b *broom) moveOn(ctx context.Context, until time.Time) error {
	f := client.Filter{Status: ended, UpdatedTo: until, Token: b.place, Limit: 1}
	left, err := b.client.List(ctx, f)
	if err != nil || len(left.Instances) > 0 {
		return err
	}
	f.UpdatedTo = until.Add(-broomLag)
	passed, err := b.client.List(ctx, f)
	if err == nil {
		b.place = passed.Later
	}
	return err
}
