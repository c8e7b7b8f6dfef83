package client

import (
	"context"
	"time"
)

// How long a client pauses between two looks at what others are changing. A worker that
// lives needs a moment for it.
const (
	firstLook   = 2 * time.Millisecond
	longestLook = 250 * time.Millisecond
)

// pauses are the pauses between the tries of something: each is twice as long as the one
// before.
type pauses struct{ last time.Duration }

// next returns how long the next pause is.
func (p *pauses) next() time.Duration {
	p.last = min(max(2*p.last, firstLook), longestLook)
	return p.last
}

// wait pauses. It returns the context's error if that ends first.
func (p *pauses) wait(ctx context.Context) error {
	timer := time.NewTimer(p.next())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
