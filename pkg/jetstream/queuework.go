package jetstream

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// queueWork keeps the promises of [hub.QueueWork].
type queueWork struct {
	*connection
	work   *work
	queues *queues
}

// Consume hands out the messages of a queue as [Hub.Work] does activities. A message that
// cannot be read goes to the poison queue.
func (w *queueWork) Consume(ctx context.Context, queue string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return nil, err
	}
	return w.work.openWorkQueue(ctx, workQueueConfig{
		title: fmt.Sprintf("queue %q", queue), limit: limit,
		stream: w.codec.Names.Streams.Queues, consumer: w.codec.Key.Consumer(token), filter: w.codec.Names.Queues.Queue(token),
		read: func(p wire.Delivered) func() {
			m, err := wire.ReadQueued(queue, p, w.limits())
			if err != nil {
				w.rejectQueued(m, p, err)
				return nil
			}
			return func() { handle(w.queueDelivery(m, token, p)) }
		},
	})
}

// queueDelivery is a message for its handler. Nothing is noted of a message that is handed out
// for the first time, until it is given back.
func (w *queueWork) queueDelivery(m hub.QueueMessage, token string, p wire.Delivered) hub.QueueDelivery {
	noted := w.codec.Names.Values.Runs(token, m.Seq)
	finish := func(err error) error {
		if err == nil && (p.Ack.Attempt > 1 || p.Unsure) {
			w.dropRuns(noted)
		}
		return err
	}
	d := hub.QueueDelivery{
		QueueMessage: m,
		Handout:      w.work.handout(p),
		Runs:         func(ctx context.Context) (int, error) { return w.readRuns(ctx, noted, min(1, p.Ack.Attempt-1)) },
		Note:         func(ctx context.Context, runs int) error { return w.noteRuns(ctx, noted, runs) },
		Reject: func(reason string, deliveries int) error {
			return finish(w.poison(m, p.Msg, reason, deliveries))
		},
	}
	d.Ack = func() error { return finish(w.ack(p.Msg)) }
	return d
}

// QueueLength returns how many messages of a queue are not acked.
func (w *queueWork) QueueLength(ctx context.Context, queue string) (int, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return 0, err
	}
	counts, err := w.queues.countQueued(ctx, w.codec.Names.Queues.Queue(token))
	if err != nil {
		return 0, fmt.Errorf("count queue %q: %w", queue, err)
	}
	return int(counts[w.codec.Names.Queues.Queue(token)]), nil
}
