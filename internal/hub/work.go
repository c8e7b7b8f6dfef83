package hub

import (
	"context"
	"time"
)

// Work hands out activities.
type Work interface {
	// Work hands out the activities of one name, each to a run of handle on a
	// goroutine of its own, at most limit at a time. Stop ends the handing out
	// and waits for those at work.
	Work(ctx context.Context, activity string, limit int, handle func(ActivityDelivery)) (Session, error)
	// KeepAliveInterval is how often an activity or a message at work must say so.
	KeepAliveInterval() time.Duration
}

// QueueWork hands out the messages of queues.
type QueueWork interface {
	// Consume hands out the messages of one queue, each to a run of handle on a
	// goroutine of its own, at most limit at a time, in no promised order. A message
	// that is neither acked nor kept alive is handed out again; one that cannot be
	// read goes to the poison queue. Stop ends the handing out and waits for those at
	// work.
	Consume(ctx context.Context, queue string, limit int, handle func(QueueDelivery)) (Session, error)
	// QueueLength is how many messages of the queue nobody has dealt with, those at
	// work included, wherever they are.
	QueueLength(ctx context.Context, queue string) (int, error)
}
