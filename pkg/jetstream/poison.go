package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// poison moves a message into the poison queue, and acks it once it is there. A worker
// that dies in between does it again, which the server knows by the message id.
func (h *Hub) poison(m hub.QueueMessage, delivered *nats.Msg, reason string, deliveries int) error {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	token, err := queueToken(m.Queue)
	if err != nil {
		return err
	}
	letter := moved(m, h.names.poisoned(token))
	letter.Header[headerReason] = []string{strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")}
	letter.Header[headerDeliveries] = []string{strconv.Itoa(deliveries)}
	letter.Header[js.MsgIDHeader] = []string{h.salt.id("poison/" + strconv.FormatUint(m.Seq, 10))}
	if most := h.MaxValue(); len(m.Data) > most {
		letter.Header[headerTruncated] = []string{strconv.Itoa(len(m.Data))}
		letter.Data = m.Data[:most]
	}
	if _, err := h.publish(ctx, letter).wait(ctx); err != nil {
		return fmt.Errorf("put message %d of queue %q into the poison queue: %w", m.Seq, m.Queue, err)
	}
	return h.ack(delivered)
}

// rejectQueued moves a message to the poison queue that nothing can read.
func (h *Hub) rejectQueued(m hub.QueueMessage, p pulled, cause error) {
	h.log.Error("message is put into the poison queue", keySubject, p.Subject, keyReason, cause.Error())
	if err := h.poison(m, p.Msg, cause.Error(), p.ack.attempt); err != nil {
		h.log.Error("message was not put into the poison queue; it comes again", keySubject, p.Subject, keyError, err)
	}
}

// moved is a message on its way to another subject: with its body, and of its headers
// those that it stays the same by.
func moved(m hub.QueueMessage, subject string) *nats.Msg {
	return &nats.Msg{Subject: subject, Data: m.Data, Header: nats.Header{
		headerEventID: {m.ID},
		headerQueued:  {m.Stored.Format(time.RFC3339Nano)},
	}}
}

// RedriveQueue moves messages out of the poison queue and back into the queue, to be
// delivered anew: those of the numbers, or all that are there now. It returns how many
// it has moved, and an error wrapping [hub.ErrNotFound] where the poison queue has
// no message of a number.
func (h *Hub) RedriveQueue(ctx context.Context, queue string, numbers []uint64) (int, error) {
	token, err := queueToken(queue)
	if err != nil {
		return 0, err
	}
	n := 0
	var stay []error
	err = h.eachPoisoned(ctx, token, numbers, func(stored *js.RawStreamMsg) error {
		err := h.redrive(ctx, queue, token, stored)
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

// redrive stores a copy, then removes the message. It has no message id: whoever may
// send could take the id before, and the copy would be dropped.
func (h *Hub) redrive(ctx context.Context, queue, token string, stored *js.RawStreamMsg) error {
	m, err := readQueueMessage(queue, stored)
	if err != nil {
		return err
	}
	if m.Poison.CutFrom > 0 {
		return fmt.Errorf("message %d had %d bytes and was cut: purge it, and send it anew: %w", m.Seq, m.Poison.CutFrom, ErrTooLarge)
	}
	if _, err := h.publish(ctx, moved(m, h.names.queue(token))).wait(ctx); err != nil {
		return err
	}
	return h.removeQueued(ctx, stored.Sequence)
}

// eachPoisoned calls do for the poisoned messages of the numbers, or, if there are
// none, for all that were there when it was called.
func (h *Hub) eachPoisoned(ctx context.Context, token string, numbers []uint64, do func(*js.RawStreamMsg) error) error {
	subject := h.names.poisoned(token)
	for _, n := range numbers {
		stored, err := h.message(ctx, h.names.queueStream(), messageQuery{From: n, Next: subject})
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
	last, err := h.latest(ctx, h.names.queueStream(), subject)
	if errors.Is(err, js.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the last poisoned message: %w", err)
	}
	return h.eachQueued(ctx, subject, 1, last.Sequence, do)
}
