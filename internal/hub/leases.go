package hub

import (
	"context"
	"time"
)

// Leases are names that at most one worker holds at a time, unless it is cut off
// or stopped; what guards the instances is the revision check of [Records].Commit.
type Leases interface {
	// Acquire takes the lease for holder, who may have it already, and returns its
	// revision; [ErrConflict] if another holds it.
	Acquire(ctx context.Context, lease, holder string) (uint64, error)
	// Renew extends the lease and returns its new revision; [ErrConflict] if it was
	// lost.
	Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error)
	// Release gives the lease back, if it is still held at that revision.
	Release(ctx context.Context, lease string, revision uint64) error
	// WatchLeases sends who holds what, by lease: at once and after each change,
	// until ctx ends, when the channel is closed. A reader that is slow gets the
	// newest state, not every one.
	WatchLeases(ctx context.Context) (<-chan map[string]string, error)
	// LeaseTTL is how long a lease lasts without being renewed.
	LeaseTTL() time.Duration
}
