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

type (
	// QueueMessage is one message of a queue, or of its poison queue.
	QueueMessage = hub.QueueMessage
	// Poison says why a message is in the poison queue.
	Poison = hub.Poison
	// QueueState is how much there is of a queue.
	QueueState = hub.QueueState
)

// SendOption is an option of [Client.SendToQueue].
type SendOption func(*hub.QueueMessage)

// WithMessageID gives a message an id, by the rules of [WithEventID]. Sent again
// within two minutes with the same id, to the same queue, it is one message; later it
// is another of the same id. The function that deals with it can make what it does
// idempotent by the id.
func WithMessageID(id string) SendOption {
	return func(m *hub.QueueMessage) { m.ID = id }
}

// SendToQueue puts a message into a queue of the hub, for the function that a worker
// has registered for it, now or later. A []byte is sent as it is, whatever it holds;
// any other body as a payload of this package is.
//
// It returns [ErrInvalidName], [ErrInvalidPayload] or [ErrPayloadTooLarge], and then
// has sent nothing. After any other error the message may or may not have been sent;
// with [WithMessageID] it is safe to send it again.
func (c *Client) SendToQueue(ctx context.Context, queue string, body any, opts ...SendOption) error {
	m := hub.QueueMessage{Queue: queue}
	for _, opt := range opts {
		opt(&m)
	}
	if err := ident.CheckName("queue name", queue); err != nil {
		return err
	}
	if m.ID != "" {
		if err := ident.CheckEvent(m.ID); err != nil {
			return err
		}
	}
	var err error
	if m.Data, err = c.encodeBody(body); err != nil {
		return err
	}
	if _, err := c.hub.SendToQueue(ctx, m); err != nil {
		return fmt.Errorf("sending to queue %q: %w", queue, err)
	}
	return nil
}

func (c *Client) encodeBody(body any) ([]byte, error) {
	data, plain := body.([]byte)
	if !plain {
		return c.encode("message", body)
	}
	if limit := c.hub.MaxPayload(); len(data) > limit {
		return nil, fmt.Errorf("%w: the message has %d bytes, this hub takes up to %d", ErrPayloadTooLarge, len(data), limit)
	}
	return data, nil
}

// Queues returns how much there is of each queue that is not empty, by name, and
// before them what was published to a subject that is no queue's.
func (c *Client) Queues(ctx context.Context) ([]QueueState, error) {
	states, err := c.hub.QueueStates(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the queues: %w", err)
	}
	return states, nil
}

// PeekQueue returns the messages of a queue without taking them: at most limit of
// those whose numbers are higher than behind, oldest first.
func (c *Client) PeekQueue(ctx context.Context, queue string, behind uint64, limit int) ([]QueueMessage, error) {
	return c.peek(ctx, queue, false, behind, limit)
}

// PeekPoison is [Client.PeekQueue] of the poison queue.
func (c *Client) PeekPoison(ctx context.Context, queue string, behind uint64, limit int) ([]QueueMessage, error) {
	return c.peek(ctx, queue, true, behind, limit)
}

func (c *Client) peek(ctx context.Context, queue string, poison bool, behind uint64, limit int) ([]QueueMessage, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, fmt.Errorf("%w: limit %d, at least 1", ErrInvalidOption, limit)
	}
	messages, err := c.hub.PeekQueue(ctx, queue, poison, behind, limit)
	if err != nil {
		return nil, fmt.Errorf("peeking into queue %q: %w", queue, err)
	}
	return messages, nil
}

// RedrivePoison moves messages from the poison queue back into their queue, where
// their deliveries are counted anew: those of the numbers that [Client.PeekPoison]
// shows, or all that are there now. They keep their ids. It returns how many it has
// moved, and [ErrNotPoisoned] for a number that is not there; those before it have
// been moved. It also returns an error if some were too large to be kept whole: those
// stay. A message whose redrive was interrupted may be in both places; two redrives at a
// time may put one into the queue twice, with the same id.
func (c *Client) RedrivePoison(ctx context.Context, queue string, numbers ...uint64) (int, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return 0, err
	}
	n, err := c.hub.RedriveQueue(ctx, queue, numbers)
	return n, queueError("redriving", queue, err)
}

// PurgePoison removes messages from a poison queue for good, as
// [Client.RedrivePoison] moves them.
func (c *Client) PurgePoison(ctx context.Context, queue string, numbers ...uint64) (int, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return 0, err
	}
	n, err := c.hub.PurgeQueue(ctx, queue, true, numbers)
	return n, queueError("purging the poison of", queue, err)
}

// PurgeQueue removes all messages of a queue that nobody has dealt with, and returns
// how many. What a function is at work on it may still do.
func (c *Client) PurgeQueue(ctx context.Context, queue string) (int, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return 0, err
	}
	n, err := c.hub.PurgeQueue(ctx, queue, false, nil)
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
