package jetstream

import (
	"context"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

func (h *Hub) queueConfig(c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:         h.codec.Names.Streams.Queues,
		Description:  "Dormouse: queues that functions are triggered by, and their poison queues",
		Subjects:     []string{c.Name + ".queue.*", c.Name + ".poison.*"},
		Retention:    js.WorkQueuePolicy,
		Discard:      js.DiscardNew,
		MaxConsumers: maxConsumers,
		AllowDirect:  true,
		Duplicates:   duplicateWindow,
		Replicas:     c.Replicas,
	}
}

// SendToQueue stores a message in its queue and returns its number. Of several with
// one ID that are sent within two minutes one is stored. It returns an error wrapping
// [ident.ErrInvalidName] or [ErrTooLarge].
func (h *Hub) SendToQueue(ctx context.Context, m hub.QueueMessage) (uint64, error) {
	msg, err := h.codec.Queued(m, h.limits())
	if err != nil {
		return 0, err
	}
	seq, err := h.publish(ctx, msg).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("send to queue %q: %w", m.Queue, err)
	}
	return seq, nil
}

// Consume hands out the messages of a queue as [Hub.Work] does activities. A message
// that cannot be read goes to the poison queue.
func (h *Hub) Consume(ctx context.Context, queue string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return nil, err
	}
	return h.openBench(ctx, benchConfig{
		what: fmt.Sprintf("queue %q", queue), limit: limit,
		stream: h.codec.Names.Streams.Queues, consumer: h.codec.Key.Consumer(token), filter: h.codec.Names.Queues.Queue(token),
		take: func(p wire.Delivered) func() {
			m, err := wire.ReadQueued(queue, p, h.limits())
			if err != nil {
				h.rejectQueued(m, p, err)
				return nil
			}
			return func() { handle(h.queueDelivery(m, token, p)) }
		},
	})
}

// queueDelivery is a message for its handler. Nothing is noted of one that is handed out
// for the first time, until it is given back.
func (h *Hub) queueDelivery(m hub.QueueMessage, token string, p wire.Delivered) hub.QueueDelivery {
	noted := h.codec.Names.Values.Runs(token, m.Seq)
	settle := func(err error) error {
		if err == nil && (p.Ack.Attempt > 1 || p.Unsure) {
			h.dropRuns(noted)
		}
		return err
	}
	d := hub.QueueDelivery{
		QueueMessage: m,
		Handout:      h.handout(p),
		Runs:         func(ctx context.Context) (int, error) { return h.readRuns(ctx, noted, min(1, p.Ack.Attempt-1)) },
		Note:         func(ctx context.Context, runs int) error { return h.noteRuns(ctx, noted, runs) },
		Reject: func(reason string, deliveries int) error {
			return settle(h.poison(m, p.Msg, reason, deliveries))
		},
	}
	d.Ack = func() error { return settle(h.ack(p.Msg)) }
	return d
}
