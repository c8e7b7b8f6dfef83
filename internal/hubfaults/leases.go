package hubfaults

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// leases keeps the promises of [hub.Leases].
type leases struct {
	*faults
	hub hub.Leases
}

// LeaseTTL is the hub's.
func (l *leases) LeaseTTL() time.Duration { return l.hub.LeaseTTL() }

// Acquire is the hub's, until the worker is killed.
func (l *leases) Acquire(ctx context.Context, lease, holder string) (uint64, error) {
	return uncounted(l.faults, func() (uint64, error) { return l.hub.Acquire(ctx, lease, holder) })
}

// Renew is the hub's, until the worker is killed.
func (l *leases) Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error) {
	return uncounted(l.faults, func() (uint64, error) { return l.hub.Renew(ctx, lease, holder, revision) })
}

// Release is the hub's, until the worker is killed.
func (l *leases) Release(ctx context.Context, lease string, revision uint64) error {
	return uncountedError(l.faults, func() error { return l.hub.Release(ctx, lease, revision) })
}

// WatchLeases is the hub's, until the worker is killed. A dead worker sees no changes.
func (l *leases) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	states, err := uncounted(l.faults, func() (<-chan map[string]string, error) { return l.hub.WatchLeases(ctx) })
	if err != nil {
		return nil, err
	}
	seen := make(chan map[string]string)
	l.owned.Go(func() {
		defer close(seen)
		l.forward(ctx, states, seen)
	})
	return seen, nil
}

// forward passes on the newest state that the reader has not seen, until states is closed. Once
// the worker is killed forward passes on nothing, and returns when ctx ends.
func (l *leases) forward(ctx context.Context, states <-chan map[string]string, seen chan<- map[string]string) {
	var newest map[string]string
	var out chan<- map[string]string
	for {
		select {
		case state, ok := <-states:
			if !ok {
				return
			}
			newest, out = state, seen
		case out <- newest:
			out = nil
		case <-l.killed:
			<-ctx.Done()
			return
		}
	}
}
