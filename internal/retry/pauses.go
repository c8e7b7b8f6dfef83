package retry

import (
	"cmp"
	"context"
	"time"
)

// Defaults of a zero [Pauses].
const (
	DefaultFirst   = 10 * time.Millisecond
	DefaultLongest = 5 * time.Second
)

// Pauses are the pauses between tries. Each is twice as long as the one before, up to
// the longest. The zero Pauses go from 10 ms to 5 s.
type Pauses struct {
	// First is the first pause, 0 for 10 ms.
	First time.Duration
	// Longest bounds the pauses, 0 for 5 s.
	Longest time.Duration

	last time.Duration
}

// Next returns how long the next pause is.
func (p *Pauses) Next() time.Duration {
	first, longest := cmp.Or(p.First, DefaultFirst), cmp.Or(p.Longest, DefaultLongest)
	p.last = min(max(2*p.last, first), longest)
	return p.last
}

// Reset makes the next pause the first one again.
func (p *Pauses) Reset() { p.last = 0 }

// AtLeast makes the next pause no shorter than that, unless the longest is.
func (p *Pauses) AtLeast(pause time.Duration) { p.last = max(p.last, pause/2) }

// Wait waits for the next pause. It returns the context's error if that ends first.
func (p *Pauses) Wait(ctx context.Context) error { return Sleep(ctx, p.Next()) }

// WaitFor waits until something can be reached, where it cannot be: until the channel
// that reach returns is closed. Where it can be reached, WaitFor is Wait. It returns the
// context's error if that ends first.
func (p *Pauses) WaitFor(ctx context.Context, reach func() <-chan struct{}) error {
	select {
	case <-reach():
		return p.Wait(ctx)
	default:
	}
	select {
	case <-reach():
		p.Reset()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Sleep waits that long. It returns the context's error if that ends first.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
