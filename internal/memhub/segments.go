package memhub

import (
	"bytes"
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

type segmentKey struct{ instance, key string }

// WriteSegment stores data under a key of the instance. A key that has other data already is
// refused, since no correct writer replaces a segment, except for the keys of
// [record.IsReplaced].
func (r *records) WriteSegment(ctx context.Context, instance, key string, data []byte) error {
	if len(data) > r.MaxValue() {
		return fmt.Errorf("segment %q of instance %q: %d bytes: %w", key, instance, len(data), ErrTooLarge)
	}
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.mu.Unlock()
	k := segmentKey{instance, key}
	if old, ok := r.segments[k]; ok && !bytes.Equal(old, data) && !record.IsReplaced(key) {
		return fmt.Errorf("segment %q of instance %q is written twice with different content", key, instance)
	}
	r.revision++
	r.segments[k] = bytes.Clone(data)
	return nil
}

// ReadSegments returns copies of the content of the keys, in order. It returns
// [hub.ErrNotFound] if one is missing.
func (r *records) ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	content := make([][]byte, 0, len(keys))
	for _, key := range keys {
		data, ok := r.segments[segmentKey{instance, key}]
		if !ok {
			return nil, fmt.Errorf("segment %q of instance %q: %w", key, instance, hub.ErrNotFound)
		}
		content = append(content, bytes.Clone(data))
	}
	return content, nil
}

// DropSegments removes the keys; keys that do not exist are no error.
func (r *records) DropSegments(ctx context.Context, instance string, keys []string) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.mu.Unlock()
	for _, key := range keys {
		delete(r.segments, segmentKey{instance, key})
	}
	return nil
}

func (r *records) dropSegmentsOf(instance string) {
	for key := range r.segments {
		if key.instance == instance {
			delete(r.segments, key)
		}
	}
}
