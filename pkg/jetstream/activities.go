package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// KeepAliveInterval returns how often an activity, or a message of a queue, at work
// must say so.
func (h *Hub) KeepAliveInterval() time.Duration { return h.keepAlive }

// Work hands out the activities of one name, each to a run of handle on a
// goroutine of its own, at most limit at a time, and asks NATS for no more than
// that. It goes on by itself after a reconnect. Stop ends the handing out and
// waits for those at work. The context bounds the call, not the session.
func (h *Hub) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	token, err := wire.EncodeToken("activity name", activity)
	if err != nil {
		return nil, err
	}
	return h.openBench(ctx, benchConfig{
		what: fmt.Sprintf("activity %q", activity), limit: limit,
		stream: h.codec.Names.Streams.Activities, consumer: h.codec.Key.Consumer(token), filter: h.codec.Names.Work.All(token),
		take: func(p wire.Delivered) func() {
			a, err := wire.ReadActivity(activity, p)
			if err != nil {
				_ = h.reject(p, err.Error())
				return nil
			}
			return func() { handle(hub.ActivityDelivery{Activity: a, Handout: h.handout(p)}) }
		},
	})
}
