package memhub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// lease is one that is held.
type lease struct {
	holder   string
	revision uint64
	stop     func()
}

// Acquire takes or extends the lease; see hub.Leases.
func (m *Hub) Acquire(ctx context.Context, name, holder string) (uint64, error) {
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	if l := m.leases[name]; l != nil && l.holder != holder {
		return 0, fmt.Errorf("lease %q is held by %q: %w", name, l.holder, hub.ErrConflict)
	}
	return m.hold(name, holder), nil
}

// Renew extends a lease that is still held at the revision.
func (m *Hub) Renew(ctx context.Context, name, holder string, revision uint64) (uint64, error) {
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	if l := m.leases[name]; l == nil || l.holder != holder || l.revision != revision {
		return 0, fmt.Errorf("lease %q is not held by %q at revision %d: %w", name, holder, revision, hub.ErrConflict)
	}
	return m.hold(name, holder), nil
}

// Release gives the lease back. It does nothing if the lease has moved on.
func (m *Hub) Release(ctx context.Context, name string, revision uint64) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if l := m.leases[name]; l != nil && l.revision == revision {
		m.free(name)
	}
	return nil
}

// ExpireLeases ends every lease of the holder, as if its time had run out.
func (m *Hub) ExpireLeases(holder string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, l := range m.leases {
		if l.holder == holder {
			m.free(name)
		}
	}
}

// LeaseTTL is the configured time.
func (m *Hub) LeaseTTL() time.Duration { return m.config.LeaseTTL }

// hold gives the lease to the holder for another while.
func (m *Hub) hold(name, holder string) uint64 {
	previous := m.leases[name]
	if previous != nil {
		previous.stop()
	}
	m.leaseRevision++
	l := &lease{holder: holder, revision: m.leaseRevision}
	l.stop = m.config.Clock.AfterFunc(m.config.LeaseTTL, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.leases[name] == l {
			m.free(name)
		}
	})
	m.leases[name] = l
	if previous == nil {
		m.tellLeases()
	}
	return l.revision
}

func (m *Hub) free(name string) {
	m.leases[name].stop()
	delete(m.leases, name)
	m.leaseRevision++
	m.tellLeases()
}

// WatchLeases sends the holders of all leases; see hub.Leases.
func (m *Hub) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	ch := make(chan map[string]string, 1)
	ch <- m.holders()
	m.leaseWatchers = append(m.leaseWatchers, ch)
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.leaseWatchers = slices.DeleteFunc(m.leaseWatchers, func(c chan map[string]string) bool { return c == ch })
		close(ch)
	})
	return ch, nil
}

// tellLeases puts the newest state in place of one that a watcher has not read.
func (m *Hub) tellLeases() {
	for _, ch := range m.leaseWatchers {
		select {
		case <-ch:
		default:
		}
		ch <- m.holders()
	}
}

func (m *Hub) holders() map[string]string {
	holders := make(map[string]string, len(m.leases))
	for name, l := range m.leases {
		holders[name] = l.holder
	}
	return holders
}
