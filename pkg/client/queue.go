package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// ErrNotPoisoned: the poison queue has no message of that number.
var ErrNotPoisoned = errors.New("no such message in the poison queue")

// Queues are the queues of a hub; [Client.Queues] returns them. Each triggers a function that
// workers have registered. A message that no function could deal with is moved to the poison
// queue, which belongs to its queue, and stays there until it is redriven or purged.
type Queues struct{ hub Hub }

// SendOption is an option of [Queues.Send].
type SendOption func(*sendOptions)

type sendOptions struct{ id string }

// WithMessageID gives a message an id, by the rules of [WithEventID]. Sent again to the same
// queue with the same id within two minutes it is one message; later it is another of the
// same id. The function that deals with the message can use the id to be idempotent.
func WithMessageID(id string) SendOption {
	return func(o *sendOptions) { o.id = id }
}

// Send puts a message into a queue, for the function that workers have registered for it, now
// or later. A []byte is sent as it is; any other body is sent as JSON, as all payloads of this
// package are.
//
// Send returns [ErrInvalidName], [ErrInvalidPayload] or [ErrPayloadTooLarge], and then has
// sent nothing. After any other error the message may or may not have been sent; with
// [WithMessageID] it is safe to send it again.
func (q Queues) Send(ctx context.Context, queue string, body any, opts ...SendOption) error {
	var o sendOptions
	for _, opt := range opts {
		opt(&o)
	}
	if err := ident.CheckName("queue name", queue); err != nil {
		return err
	}
	if o.id != "" {
		if err := ident.CheckEvent(o.id); err != nil {
			return err
		}
	}
	data, err := q.encode(body)
	if err != nil {
		return err
	}
	if _, err := q.hub.SendToQueue(ctx, hub.QueueMessage{Queue: queue, ID: o.id, Data: data}); err != nil {
		return fmt.Errorf("sending to queue %q: %w", queue, err)
	}
	return nil
}

func (q Queues) encode(body any) ([]byte, error) {
	data, plain := body.([]byte)
	if !plain {
		return encode(q.hub, "message", body)
	}
	if limit := q.hub.MaxPayload(); len(data) > limit {
		return nil, fmt.Errorf("%w: the message has %d bytes, this hub takes up to %d", ErrPayloadTooLarge, len(data), limit)
	}
	return data, nil
}

// List returns how many messages each queue has that is not empty, sorted by name. Messages
// that were published to a subject of no queue come first.
func (q Queues) List(ctx context.Context) ([]QueueState, error) {
	states, err := q.hub.QueueStates(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the queues: %w", err)
	}
	all := make([]QueueState, len(states))
	for i, s := range states {
		all[i] = QueueState(s)
	}
	return all, nil
}

// Peek returns messages of a queue without taking them: those whose numbers are higher than
// behind, oldest first, at most limit.
func (q Queues) Peek(ctx context.Context, queue string, behind uint64, limit int) ([]QueueMessage, error) {
	return q.peek(ctx, queue, false, behind, limit)
}

// PeekPoison is [Queues.Peek] of the poison queue.
func (q Queues) PeekPoison(ctx context.Context, queue string, behind uint64, limit int) ([]QueueMessage, error) {
	return q.peek(ctx, queue, true, behind, limit)
}

func (q Queues) peek(ctx context.Context, queue string, poison bool, behind uint64, limit int) ([]QueueMessage, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, fmt.Errorf("%w: limit %d, at least 1", ErrInvalidOption, limit)
	}
	messages, err := q.hub.PeekQueue(ctx, queue, poison, behind, limit)
	if err != nil {
		return nil, fmt.Errorf("peeking into queue %q: %w", queue, err)
	}
	return newQueueMessages(messages), nil
}

// RedrivePoison moves messages from the poison queue back into their queue, where their
// deliveries are counted anew: the messages of these numbers, which [Queues.PeekPoison] shows,
// or all that are there now. They keep their ids. RedrivePoison returns how many it has moved.
//
// It returns [ErrNotPoisoned] for a number that is not there, after it has moved the numbers
// before. Messages that were too large to be kept whole stay, and are an error. A redrive
// that is interrupted may leave a message in both places, and two redrives at a time may put
// a message into the queue twice, with the same id.
func (q Queues) RedrivePoison(ctx context.Context, queue string, numbers ...uint64) (int, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return 0, err
	}
	n, err := q.hub.RedriveQueue(ctx, queue, numbers)
	return n, queueError("redriving", queue, err)
}

// PurgePoison removes messages from a poison queue for good: the messages of these numbers, or
// all that are there now. It returns how many it has removed, and [ErrNotPoisoned] for a
// number that is not there, after it has removed the numbers before.
func (q Queues) PurgePoison(ctx context.Context, queue string, numbers ...uint64) (int, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return 0, err
	}
	n, err := q.hub.PurgeQueue(ctx, queue, true, numbers)
	return n, queueError("purging the poison of", queue, err)
}

// Purge removes all messages of a queue for good, and returns how many. A function that is at
// work on one of them may still finish it.
func (q Queues) Purge(ctx context.Context, queue string) (int, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return 0, err
	}
	n, err := q.hub.PurgeQueue(ctx, queue, false, nil)
	return n, queueError("purging", queue, err)
}

func queueError(doing, queue string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, hub.ErrNotFound):
		return fmt.Errorf("%s queue %q: %w: %w", doing, queue, ErrNotPoisoned, err)
	}
	return fmt.Errorf("%s queue %q: %w", doing, queue, err)
}
