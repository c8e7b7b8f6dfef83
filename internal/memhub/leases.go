package memhub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// leases keeps the promises of [hub.Leases].
type leases struct{ *state }

// lease is a lease that somebody holds.
type lease struct {
	holder   string
	revision uint64
	// stop stops the clock that ends the lease.
	stop func()
}

// Acquire takes or extends the lease; see hub.Leases.
func (l *leases) Acquire(ctx context.Context, name, holder string) (uint64, error) {
	if err := l.lock(ctx); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	if held := l.heldLeases[name]; held != nil && held.holder != holder {
		return 0, fmt.Errorf("lease %q is held by %q: %w", name, held.holder, hub.ErrConflict)
	}
	return l.hold(name, holder), nil
}

// Renew extends a lease that is still held at the revision.
func (l *leases) Renew(ctx context.Context, name, holder string, revision uint64) (uint64, error) {
	if err := l.lock(ctx); err != nil {
		return 0, err
	}
	defer l.mu.Unlock()
	if held := l.heldLeases[name]; held == nil || held.holder != holder || held.revision != revision {
		return 0, fmt.Errorf("lease %q is not held by %q at revision %d: %w", name, holder, revision, hub.ErrConflict)
	}
	return l.hold(name, holder), nil
}

// Release gives the lease back, if it is still held at the revision.
func (l *leases) Release(ctx context.Context, name string, revision uint64) error {
	if err := l.lock(ctx); err != nil {
		return err
	}
	defer l.mu.Unlock()
	if held := l.heldLeases[name]; held != nil && held.revision == revision {
		l.free(name)
	}
	return nil
}

// ExpireLeases ends every lease of the holder, as if the time of the lease had run out.
func (l *leases) ExpireLeases(holder string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, held := range l.heldLeases {
		if held.holder == holder {
			l.free(name)
		}
	}
}

// LeaseTTL returns the configured time.
func (l *leases) LeaseTTL() time.Duration { return l.config.LeaseTTL }

// hold gives the lease to the holder for the time of a lease, and returns the new revision.
func (l *leases) hold(name, holder string) uint64 {
	previous := l.heldLeases[name]
	if previous != nil {
		previous.stop()
	}
	l.leaseRevision++
	held := &lease{holder: holder, revision: l.leaseRevision}
	held.stop = l.config.Clock.AfterFunc(l.config.LeaseTTL, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.heldLeases[name] == held {
			l.free(name)
		}
	})
	l.heldLeases[name] = held
	if previous == nil {
		l.tellLeases()
	}
	return held.revision
}

// free ends the lease.
func (l *leases) free(name string) {
	l.heldLeases[name].stop()
	delete(l.heldLeases, name)
	l.leaseRevision++
	l.tellLeases()
}

// WatchLeases sends the holder of each lease; see hub.Leases.
func (l *leases) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	if err := l.lock(ctx); err != nil {
		return nil, err
	}
	defer l.mu.Unlock()
	ch := make(chan map[string]string, 1)
	ch <- l.holders()
	l.leaseWatchers = append(l.leaseWatchers, ch)
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leaseWatchers = slices.DeleteFunc(l.leaseWatchers, func(c chan map[string]string) bool { return c == ch })
		close(ch)
	})
	return ch, nil
}

// tellLeases sends the holders to every watcher, in place of older ones that the watcher has not
// read.
func (l *leases) tellLeases() {
	for _, ch := range l.leaseWatchers {
		select {
		case <-ch:
		default:
		}
		ch <- l.holders()
	}
}

// holders returns the holder of each lease.
func (l *leases) holders() map[string]string {
	holders := make(map[string]string, len(l.heldLeases))
	for name, held := range l.heldLeases {
		holders[name] = held.holder
	}
	return holders
}
