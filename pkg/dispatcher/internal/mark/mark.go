// Package mark stores marks beside instances: a mark says how many runs of some users' code
// were begun and have not come back. See [record.Mark].
package mark

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// Marks reads and writes the marks of a hub.
type Marks struct {
	hub     hub.Records
	monitor *monitor.Monitor
}

// New returns the marks of a hub.
func New(h hub.Records, m *monitor.Monitor) Marks { return Marks{hub: h, monitor: m} }

// Read returns the mark that is stored under the key; [hub.ErrNotFound] if there is none.
func (m Marks) Read(ctx context.Context, instance, key string) (record.Mark, error) {
	stored, err := m.hub.ReadSegments(ctx, instance, []string{key})
	if err != nil {
		return record.Mark{}, err
	}
	return record.DecodeMark(stored[0])
}

// Write stores a mark, in place of the one before.
func (m Marks) Write(ctx context.Context, instance, key string, mark record.Mark) error {
	return m.hub.WriteSegment(ctx, instance, key, mark.Encode())
}

// Timeout is how long a note may take that is written while work is cut off.
const Timeout = 2500 * time.Millisecond

// Remove removes a mark, even after ctx has ended. A mark that stays does little harm: the
// next run that comes back removes it.
func (m Marks) Remove(ctx context.Context, instance, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Timeout)
	defer cancel()
	if err := m.hub.DropSegments(ctx, instance, []string{key}); err != nil {
		m.monitor.Log.Debug("a mark was not removed", monitor.KeyInstance, instance, monitor.KeyError, err)
	}
}
