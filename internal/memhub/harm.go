package memhub

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Shrink sets the largest value that the hub stores from now on, and the largest payload to a
// quarter of maxValue. An administrator does the same who lowers max_payload of a server.
// Values that are stored already stay.
func (m *Hub) Shrink(maxValue int) {
	m.maxValue.Store(int64(maxValue))
	m.maxPayload.Store(int64(maxValue / 4))
}

// Damage replaces the stored record of an instance without a commit. With bare set, the summary
// that is kept beside the record is lost too.
func (m *Hub) Damage(instance string, data []byte, bare bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := m.find(instance)
	if stored == nil || stored.data == nil {
		return fmt.Errorf("there is no instance %q to damage", instance)
	}
	damaged := &storedInstance{data: data, summary: stored.summary}
	if bare {
		damaged.summary = history.Summary{Instance: instance}
	}
	m.write(instance, damaged)
	return nil
}

// LoseSegments removes the sealed segments of an instance, though its record refers to them, and
// returns how many segments there were.
func (m *Hub) LoseSegments(instance string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.segments)
	m.dropSegmentsOf(instance)
	return before - len(m.segments)
}
