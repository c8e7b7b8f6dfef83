package jetstream

import (
	"context"
	"errors"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// RedriveQueue moves messages out of the poison queue and back into the queue, to be delivered
// anew: the messages of the numbers, or all that are there now. It returns how many it has
// moved, and an error wrapping [hub.ErrNotFound] for a number that the poison queue does not
// have.
func (q *queues) RedriveQueue(ctx context.Context, queue string, numbers []uint64) (int, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return 0, err
	}
	n := 0
	var stay []error
	err = q.eachPoisoned(ctx, token, numbers, func(stored *js.RawStreamMsg) error {
		err := q.redrive(ctx, queue, stored)
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
func (q *queues) redrive(ctx context.Context, queue string, stored *js.RawStreamMsg) error {
	m, err := wire.ReadQueueMessage(queue, stored)
	if err != nil {
		return err
	}
	if m.Poison.CutFrom > 0 {
		return fmt.Errorf("message %d had %d bytes and was cut: purge it, and send it anew: %w", m.Seq, m.Poison.CutFrom, ErrTooLarge)
	}
	back, err := q.codec.Redriven(m)
	if err != nil {
		return err
	}
	if _, err := q.publish(ctx, back).wait(ctx); err != nil {
		return err
	}
	return q.removeQueued(ctx, stored.Sequence)
}

// eachPoisoned calls do for the poisoned messages of the numbers, or, if there are
// none, for all that were there when it was called.
func (q *queues) eachPoisoned(ctx context.Context, token string, numbers []uint64, do func(*js.RawStreamMsg) error) error {
	subject := q.codec.Names.Queues.Poisoned(token)
	for _, n := range numbers {
		stored, err := q.message(ctx, q.codec.Names.Streams.Queues, messageQuery{From: n, Next: subject})
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
	last, err := q.latest(ctx, q.codec.Names.Streams.Queues, subject)
	if errors.Is(err, js.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the last poisoned message: %w", err)
	}
	return q.eachQueued(ctx, subject, 1, last.Sequence, do)
}
