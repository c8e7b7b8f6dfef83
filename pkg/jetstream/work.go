package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// work keeps the promises of [hub.Work].
type work struct {
	*connection
	clock *clock
	// interval is how often an activity at work must say so.
	interval time.Duration
}

// KeepAliveInterval returns how often an activity, or a message of a queue, must say that it
// is still at work.
func (w *work) KeepAliveInterval() time.Duration { return w.interval }

// Work hands out the activities of one name, each to a run of handle on a goroutine of its
// own, at most limit at a time, and asks NATS for no more than that. It goes on by itself
// after a reconnect. Stop ends the handing out and waits for the runs at work. The context
// bounds the call, not the session.
func (w *work) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	token, err := wire.EncodeToken("activity name", activity)
	if err != nil {
		return nil, err
	}
	return w.openWorkQueue(ctx, workQueueConfig{
		title: fmt.Sprintf("activity %q", activity), limit: limit,
		stream: w.codec.Names.Streams.Activities, consumer: w.codec.Key.Consumer(token), filter: w.codec.Names.Work.All(token),
		read: func(p wire.Delivered) func() {
			a, err := wire.ReadActivity(activity, p)
			if err != nil {
				_ = w.reject(p, err.Error())
				return nil
			}
			return func() { handle(hub.ActivityDelivery{Activity: a, Handout: w.handout(p)}) }
		},
	})
}

// openWorkQueue begins to hand out work.
func (w *work) openWorkQueue(ctx context.Context, config workQueueConfig) (hub.Session, error) {
	if config.limit < 1 {
		return nil, fmt.Errorf("%s: limit %d, must be at least 1", config.title, config.limit)
	}
	q := &workQueue{
		workQueueConfig: config, work: w, done: make(chan struct{}),
		opened: w.clock.latest(), unseen: max(2*config.limit, leastUnseen),
	}
	if err := q.open(ctx); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q.cancel = cancel
	go q.run(life)
	return q, nil
}

// handout is the worker's side of one message at work.
func (w *work) handout(p wire.Delivered) hub.Handout {
	return hub.Handout{
		Attempt:   p.Ack.Attempt,
		Again:     p.Ack.Attempt > 1 || p.Unsure,
		KeepAlive: func() error { return w.answer(p.Msg, wire.AckProgress) },
		Ack:       func() error { return w.ack(p.Msg) },
		Release:   func(delay time.Duration) error { return w.release(p.Msg, delay) },
	}
}
