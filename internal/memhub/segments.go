package memhub

import (
	"bytes"
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

type segmentKey struct{ instance, key string }

// WriteSegment stores data under a key of the instance. It refuses other data
// than the key already has, since no correct writer asks for that, but under keys of
// [record.IsReplaced].
func (m *Hub) WriteSegment(ctx context.Context, instance, key string, data []byte) error {
	if len(data) > m.MaxValue() {
		return fmt.Errorf("segment %q of instance %q: %d bytes: %w", key, instance, len(data), ErrTooLarge)
	}
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	k := segmentKey{instance, key}
	if old, ok := m.segments[k]; ok && !bytes.Equal(old, data) && !record.IsReplaced(key) {
		return fmt.Errorf("segment %q of instance %q is written twice with different content", key, instance)
	}
	m.revision++
	m.segments[k] = bytes.Clone(data)
	return nil
}

// ReadSegments returns copies of the keys' content, in order, or
// [hub.ErrNotFound].
func (m *Hub) ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	content := make([][]byte, 0, len(keys))
	for _, key := range keys {
		data, ok := m.segments[segmentKey{instance, key}]
		if !ok {
			return nil, fmt.Errorf("segment %q of instance %q: %w", key, instance, hub.ErrNotFound)
		}
		content = append(content, bytes.Clone(data))
	}
	return content, nil
}

// DropSegments removes the keys that are there.
func (m *Hub) DropSegments(ctx context.Context, instance string, keys []string) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.segments, segmentKey{instance, key})
	}
	return nil
}

// MaxValue is the configured size, or the one of [Hub.Shrink].
func (m *Hub) MaxValue() int { return int(m.maxValue.Load()) }

func (m *Hub) dropSegmentsOf(instance string) {
	for key := range m.segments {
		if key.instance == instance {
			delete(m.segments, key)
		}
	}
}
