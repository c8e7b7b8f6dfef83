package jetstream

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// cancelTimers removes schedules. Those that have fired are passed over.
func (h *Hub) cancelTimers(ctx context.Context, timers []*hub.Timer) error {
	return each(timers, func(_ int, timer *hub.Timer) error {
		subject, err := h.codec.TimerSubject(timer)
		if err != nil {
			return err
		}
		if _, err := h.purge(ctx, h.codec.Names.Streams.Timers, subject, 0); err != nil {
			return fmt.Errorf("cancel timer %d of instance %q: %w", timer.Task, timer.Instance, err)
		}
		return nil
	})
}
