package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// timerMessage is a message schedule of the server (ADR-51 of NATS): at its time
// the server stores the message at the target and removes the schedule. Both are in
// a stream of their own, since such a stream lets whoever publishes to it remove
// messages, and publish to any of its subjects. The time is written in full; the client library's option for it cuts
// off the parts of a second, and a timer must never fire early.
func (h *Hub) timerMessage(timer *hub.Timer) (*nats.Msg, error) {
	t, err := newTask(timer.Instance, timer.Execution, timer.Task)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: h.names.timer(t), Header: nats.Header{
		js.ScheduleHeader:       {"@at " + timer.At.UTC().Format(time.RFC3339Nano)},
		js.ScheduleTargetHeader: {h.names.due(t)},
	}}, nil
}

// cancelTimers removes schedules. Those that have fired are passed over.
func (h *Hub) cancelTimers(ctx context.Context, timers []*hub.Timer) error {
	return each(timers, func(_ int, timer *hub.Timer) error {
		t, err := newTask(timer.Instance, timer.Execution, timer.Task)
		if err != nil {
			return err
		}
		if _, err := h.purge(ctx, h.names.timerStream(), h.names.timer(t), 0); err != nil {
			return fmt.Errorf("cancel timer %d of instance %q: %w", timer.Task, timer.Instance, err)
		}
		return nil
	})
}
