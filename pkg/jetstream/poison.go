package jetstream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// poison moves a message into the poison queue, and acks it once it is there. If a worker dies
// in between another does it again, which the server knows by the message id.
func (w *queueWork) poison(m hub.QueueMessage, delivered *nats.Msg, reason string, deliveries int) error {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	letter, err := w.codec.Poisoned(m, reason, deliveries, w.limits())
	if err != nil {
		return err
	}
	if _, err := w.publish(ctx, letter).wait(ctx); err != nil {
		return fmt.Errorf("put message %d of queue %q into the poison queue: %w", m.Seq, m.Queue, err)
	}
	return w.ack(delivered)
}

// rejectQueued moves an unreadable message to the poison queue.
func (w *queueWork) rejectQueued(m hub.QueueMessage, p wire.Delivered, cause error) {
	w.log.Error("message is put into the poison queue", keySubject, p.Subject, keyReason, cause.Error())
	if err := w.poison(m, p.Msg, cause.Error(), p.Ack.Attempt); err != nil {
		w.log.Error("message was not put into the poison queue; it comes again", keySubject, p.Subject, keyError, err)
	}
}
