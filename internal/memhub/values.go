package memhub

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// TombstoneTTL is how long a purged instance's revision is remembered.
const TombstoneTTL = time.Hour

// held is what the hub holds of an instance: its encoded value, and what a
// listing reads without decoding it.
type held struct {
	// stored is nil on a tombstone.
	stored   []byte
	revision uint64
	written  time.Time
	// until is when it goes by itself, zero for never.
	until   time.Time
	summary history.Summary
}

// Load returns a fresh copy of the value; see hub.Records.
func (m *Hub) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	if err := m.lock(ctx); err != nil {
		return nil, 0, err
	}
	r := m.held(instance)
	m.mu.Unlock()
	if r == nil {
		return nil, 0, nil
	}
	if r.stored == nil {
		return nil, r.revision, nil
	}
	v, err := record.Decode(bytes.Clone(r.stored))
	if err != nil {
		return nil, 0, &record.UnreadableError{Summary: r.summary, Err: err}
	}
	return v, r.revision, nil
}

// LoadLatest is Load, which is never stale here.
func (m *Hub) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return m.Load(ctx, instance)
}

// Commit stores the value if its revision is still the expected one. It returns
// [hub.ErrConflict] or [ErrTooLarge].
func (m *Hub) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	stored := v.Encode()
	if len(stored) > m.MaxValue() {
		return 0, fmt.Errorf("instance %q: value of %d bytes: %w", instance, len(stored), ErrTooLarge)
	}
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	if err := m.expect(instance, expected); err != nil {
		return 0, err
	}
	r := &held{stored: stored, until: m.keptUntil(v), summary: history.Summary{
		Instance: instance, Name: v.Name, Status: v.Status, Created: v.Created, Tags: maps.Clone(v.Tags), Blocked: v.WhyBlocked(),
	}}
	return m.write(instance, r), nil
}

// keptUntil is when a value goes by itself that only keeps events: when the last of
// them does, but not at once.
func (m *Hub) keptUntil(v *record.InstanceRecord) time.Time {
	if v.Status != history.Expected {
		return time.Time{}
	}
	last := m.now().Add(time.Second)
	for _, e := range v.Kept {
		if e.KeptUntil().After(last) {
			last = e.KeptUntil()
		}
	}
	return last
}

// held returns the entry of the instance, nil if there is none. Neither a tombstone
// nor an event without an instance lasts for ever.
func (m *Hub) held(instance string) *held {
	r := m.instances[instance]
	if r != nil && !r.until.IsZero() && !m.now().Before(r.until) {
		delete(m.instances, instance)
		return nil
	}
	return r
}

// expect returns [hub.ErrConflict] unless the instance is at the revision.
func (m *Hub) expect(instance string, revision uint64) error {
	var current uint64
	if r := m.held(instance); r != nil {
		current = r.revision
	}
	if current != revision {
		return fmt.Errorf("instance %q: expected revision %d, have %d: %w", instance, revision, current, hub.ErrConflict)
	}
	return nil
}

// write replaces the instance's record and tells its watchers.
func (m *Hub) write(instance string, r *held) uint64 {
	m.revision++
	r.revision, r.written = m.revision, m.now()
	r.summary.Revision, r.summary.Updated = r.revision, r.written
	m.instances[instance] = r
	for _, watched := range []string{instance, anyInstance} {
		for _, w := range m.watchers[watched] {
			w.notify()
		}
	}
	return r.revision
}
