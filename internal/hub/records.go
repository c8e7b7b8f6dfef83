package hub

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// RecordReader reads what is stored of instances.
type RecordReader interface {
	// Load returns the instance's record and its revision. If there is none the
	// record is nil, and the revision is what Commit must expect to create one (0,
	// or the revision of what a purge left behind). The record may be stale; a
	// commit based on a stale one is refused.
	Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error)
	// LoadLatest is Load, but never stale: for decisions that no commit guards,
	// such as dropping an event because there is no instance.
	LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error)
	// ReadSegments returns the content of the keys, in order. It returns
	// [ErrNotFound] if one is missing.
	ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error)
	// KeepsIDs reports whether the id of an instance is used for no other one, not even
	// when the instance has ended, as long as it is not purged.
	KeepsIDs(ctx context.Context) (bool, error)
}

// Records keeps one [record.InstanceRecord] an instance.
type Records interface {
	RecordReader
	// Commit replaces the record if its revision is still the expected one, and
	// returns the new revision. Otherwise it returns [ErrConflict]. Any other error
	// leaves open whether the record was stored.
	Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error)
	// WriteSegment stores sealed events under a key of the instance. Keys are never
	// written twice with different content, but those of [record.IsReplaced].
	WriteSegment(ctx context.Context, instance, key string, data []byte) error
	// DropSegments removes keys that no record refers to any more.
	DropSegments(ctx context.Context, instance string, keys []string) error
}
