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

// TombstoneTTL is how long the revision of a purged instance is remembered.
const TombstoneTTL = time.Hour

// records keeps the promises of [hub.Records].
type records struct {
	*state
	changes *changes
}

// storedInstance is an instance in the hub: its encoded record, and the summary that a
// listing reads without decoding the record.
type storedInstance struct {
	// data is the encoded record, nil on a tombstone.
	data     []byte
	revision uint64
	written  time.Time
	// until is when the hub forgets the instance, zero for never.
	until   time.Time
	summary history.Summary
}

// Load returns a fresh copy of the record; see hub.RecordReader.
func (r *records) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	if err := r.lock(ctx); err != nil {
		return nil, 0, err
	}
	stored := r.find(instance)
	r.mu.Unlock()
	if stored == nil {
		return nil, 0, nil
	}
	if stored.data == nil {
		return nil, stored.revision, nil
	}
	v, err := record.Decode(bytes.Clone(stored.data))
	if err != nil {
		return nil, 0, &record.UnreadableError{Summary: stored.summary, Err: err}
	}
	return v, stored.revision, nil
}

// LoadLatest is Load, which is never stale in memory.
func (r *records) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return r.Load(ctx, instance)
}

// KeepsIDs reports whether the id of an instance is used for no other one.
func (r *records) KeepsIDs(ctx context.Context) (bool, error) {
	if err := r.lock(ctx); err != nil {
		return false, err
	}
	defer r.mu.Unlock()
	return r.keepsIDs, nil
}

// Commit stores the record if the revision of the stored one is still the expected one. It
// returns [hub.ErrConflict] or [ErrTooLarge].
func (r *records) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	data := v.Encode()
	if len(data) > r.MaxValue() {
		return 0, fmt.Errorf("instance %q: record of %d bytes: %w", instance, len(data), ErrTooLarge)
	}
	if err := r.lock(ctx); err != nil {
		return 0, err
	}
	defer r.mu.Unlock()
	if err := r.expect(instance, expected); err != nil {
		return 0, err
	}
	stored := &storedInstance{data: data, until: r.keptUntil(v), summary: history.Summary{
		Instance: instance, Name: v.Name, Status: v.Status, Created: v.Created, Tags: maps.Clone(v.Tags), Blocked: v.WhyBlocked(),
	}}
	return r.write(instance, stored), nil
}

// keptUntil returns when the hub forgets a record that holds nothing but early events: when
// the last of them expires, but a second from now at the earliest. For any other record
// keptUntil returns the zero time.
func (r *records) keptUntil(v *record.InstanceRecord) time.Time {
	if v.Status != history.Expected {
		return time.Time{}
	}
	last := r.now().Add(time.Second)
	for _, e := range v.Kept {
		if e.KeptUntil().After(last) {
			last = e.KeptUntil()
		}
	}
	return last
}

// find returns the stored instance, nil if there is none. Tombstones and records of early
// events are removed here once their time is over.
func (r *records) find(instance string) *storedInstance {
	stored := r.instances[instance]
	if stored != nil && !stored.until.IsZero() && !r.now().Before(stored.until) {
		delete(r.instances, instance)
		return nil
	}
	return stored
}

// expect returns [hub.ErrConflict] unless the instance is at the revision.
func (r *records) expect(instance string, revision uint64) error {
	var current uint64
	if stored := r.find(instance); stored != nil {
		current = stored.revision
	}
	if current != revision {
		return fmt.Errorf("instance %q: expected revision %d, have %d: %w", instance, revision, current, hub.ErrConflict)
	}
	return nil
}

// write replaces the stored instance and tells those who watch it.
func (r *records) write(instance string, stored *storedInstance) uint64 {
	r.revision++
	stored.revision, stored.written = r.revision, r.now()
	stored.summary.Revision, stored.summary.Updated = stored.revision, stored.written
	r.instances[instance] = stored
	r.changes.tell(instance)
	return stored.revision
}
