package memhub

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Shrink sets the largest value that the hub stores from now on, and the largest
// payload, which is a quarter of it, as a server does when its max_payload is changed.
// Stored records and segments stay.
func (m *Hub) Shrink(maxValue int) {
	m.maxValue.Store(int64(maxValue))
	m.maxPayload.Store(int64(maxValue / 4))
}

// Damage replaces the stored record of an instance without a commit. With bare set, the
// summary that is kept beside the record is lost too.
func (m *Hub) Damage(instance string, stored []byte, bare bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.held(instance)
	if r == nil || r.stored == nil {
		return fmt.Errorf("there is no instance %q to damage", instance)
	}
	damaged := &held{stored: stored, summary: r.summary}
	if bare {
		damaged.summary = history.Summary{Instance: instance}
	}
	m.write(instance, damaged)
	return nil
}

// LoseSegments removes the sealed history of an instance and returns how many segments
// it removed.
func (m *Hub) LoseSegments(instance string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.segments)
	m.dropSegmentsOf(instance)
	return before - len(m.segments)
}
