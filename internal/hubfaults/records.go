package hubfaults

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// records keeps the promises of [hub.Records].
type records struct {
	*faults
	hub hub.Records
}

// Load is the hub's, counted.
func (r *records) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return r.load(ctx, "Load", instance, r.hub.Load)
}

// LoadLatest is the hub's, counted.
func (r *records) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return r.load(ctx, "LoadLatest", instance, r.hub.LoadLatest)
}

// Commit is the hub's, counted.
func (r *records) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	return counted(r.faults, "Commit", func() (uint64, error) { return r.hub.Commit(ctx, instance, v, expected) })
}

// WriteSegment is the hub's, counted.
func (r *records) WriteSegment(ctx context.Context, instance, key string, data []byte) error {
	return countedError(r.faults, "WriteSegment", func() error { return r.hub.WriteSegment(ctx, instance, key, data) })
}

// ReadSegments is the hub's, counted.
func (r *records) ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error) {
	return counted(r.faults, "ReadSegments", func() ([][]byte, error) { return r.hub.ReadSegments(ctx, instance, keys) })
}

// DropSegments is the hub's, counted.
func (r *records) DropSegments(ctx context.Context, instance string, keys []string) error {
	return countedError(r.faults, "DropSegments", func() error { return r.hub.DropSegments(ctx, instance, keys) })
}

// KeepsIDs is the hub's, until the worker is killed.
func (r *records) KeepsIDs(ctx context.Context) (bool, error) {
	return uncounted(r.faults, func() (bool, error) { return r.hub.KeepsIDs(ctx) })
}

// loadResult is the record and the revision that a load returns.
type loadResult struct {
	value    *record.InstanceRecord
	revision uint64
}

// load counts a call of Load or LoadLatest.
func (r *records) load(ctx context.Context, name, instance string,
	load func(context.Context, string) (*record.InstanceRecord, uint64, error),
) (*record.InstanceRecord, uint64, error) {
	got, err := counted(r.faults, name, func() (loadResult, error) {
		v, revision, err := load(ctx, instance)
		return loadResult{v, revision}, err
	})
	return got.value, got.revision, err
}
