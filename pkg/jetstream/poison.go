package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// poison moves a message into the poison queue, and acks it once it is there. A worker
// that dies in between does it again, which the server knows by the message id.
func (h *Hub) poison(m hub.QueueMessage, delivered *nats.Msg, reason string, deliveries int) error {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	letter, err := h.codec.Poisoned(m, reason, deliveries, h.limits())
	if err != nil {
		return err
	}
	if _, err := h.publish(ctx, letter).wait(ctx); err != nil {
		return fmt.Errorf("put message %d of queue %q into the poison queue: %w", m.Seq, m.Queue, err)
	}
	return h.ack(delivered)
}

// rejectQueued moves a message to the poison queue that nothing can read.
func (h *Hub) rejectQueued(m hub.QueueMessage, p wire.Delivered, cause error) {
	h.log.Error("message is put into the poison queue", keySubject, p.Subject, keyReason, cause.Error())
	if err := h.poison(m, p.Msg, cause.Error(), p.Ack.Attempt); err != nil {
		h.log.Error("message was not put into the poison queue; it comes again", keySubject, p.Subject, keyError, err)
	}
}

// RedriveQueue moves messages out of the poison queue and back into the queue, to be
// delivered anew: those of the numbers, or all that are there now. It returns how many
// it has moved, and an error wrapping [hub.ErrNotFound] where the poison queue has
// no message of a number.
func (h *Hub) RedriveQueue(ctx context.Context, queue string, numbers []uint64) (int, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return 0, err
	}
	n := 0
	var stay []error
	err = h.eachPoisoned(ctx, token, numbers, func(stored *js.RawStreamMsg) error {
		err := h.redrive(ctx, queue, stored)
		switch {
		case errors.Is(err, ErrTooLarge):
			stay = append(stay, err)
		case err != nil:
			return fmt.Errorf("redrive message %d of queue %q: %w", stored.Sequence, queue, err)
		default:
			n++
		}
		return nil
	})
	return n, errors.Join(append(stay, err)...)
}

// redrive stores a copy in the queue, then removes the message.
func (h *Hub) redrive(ctx context.Context, queue string, stored *js.RawStreamMsg) error {
	m, err := wire.ReadQueueMessage(queue, stored)
	if err != nil {
		return err
	}
	if m.Poison.CutFrom > 0 {
		return fmt.Errorf("message %d had %d bytes and was cut: purge it, and send it anew: %w", m.Seq, m.Poison.CutFrom, ErrTooLarge)
	}
	back, err := h.codec.Redriven(m)
	if err != nil {
		return err
	}
	if _, err := h.publish(ctx, back).wait(ctx); err != nil {
		return err
	}
	return h.removeQueued(ctx, stored.Sequence)
}

// eachPoisoned calls do for the poisoned messages of the numbers, or, if there are
// none, for all that were there when it was called.
func (h *Hub) eachPoisoned(ctx context.Context, token string, numbers []uint64, do func(*js.RawStreamMsg) error) error {
	subject := h.codec.Names.Queues.Poisoned(token)
	for _, n := range numbers {
		stored, err := h.message(ctx, h.codec.Names.Streams.Queues, messageQuery{From: n, Next: subject})
		switch {
		case errors.Is(err, js.ErrMsgNotFound), err == nil && stored.Sequence != n:
			return fmt.Errorf("message %d in the poison queue: %w", n, hub.ErrNotFound)
		case err != nil:
			return fmt.Errorf("read message %d: %w", n, err)
		}
		if err := do(stored); err != nil {
			return err
		}
	}
	if len(numbers) > 0 {
		return nil
	}
	last, err := h.latest(ctx, h.codec.Names.Streams.Queues, subject)
	if errors.Is(err, js.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the last poisoned message: %w", err)
	}
	return h.eachQueued(ctx, subject, 1, last.Sequence, do)
}
