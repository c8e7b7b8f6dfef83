package memhub

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Shrink sets the largest value that the hub stores from now on, and the largest
// payload, which is a quarter of it: as the administrator of a server does who changes
// its max_payload. What is stored stays.
func (m *Hub) Shrink(maxValue int) {
	m.maxValue.Store(int64(maxValue))
	m.maxPayload.Store(int64(maxValue / 4))
}

// Damage replaces what is stored of an instance behind everybody's back. With bare set,
// what stands beside the value is lost too.
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

// LoseSegments removes the sealed history of an instance behind everybody's back, and
// returns how many segments that were.
func (m *Hub) LoseSegments(instance string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.segments)
	m.dropSegmentsOf(instance)
	return before - len(m.segments)
}
