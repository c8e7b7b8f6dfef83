package jetstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// errEnough ends a walk over messages.
var errEnough = errors.New("enough")

// queues keeps the promises of [hub.Queues].
type queues struct{ *connection }

// PeekQueue returns messages of a queue, or of its poison queue, without taking them: at most
// limit of those behind the number, in their order.
func (q *queues) PeekQueue(ctx context.Context, queue string, poison bool, behind uint64, limit int) ([]hub.QueueMessage, error) {
	token, err := wire.QueueToken(queue)
	if err != nil || limit < 1 || behind == math.MaxUint64 {
		return nil, err
	}
	var found []hub.QueueMessage
	err = q.eachQueued(ctx, q.queueSubject(token, poison), behind+1, math.MaxUint64, func(stored *js.RawStreamMsg) error {
		// A part that cannot be read is for the worker to report.
		m, _ := wire.ReadQueueMessage(queue, stored)
		found = append(found, m)
		if len(found) == limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("peek into queue %q: %w", queue, err)
	}
	return found, nil
}

func (q *queues) queueSubject(token string, poison bool) string {
	if poison {
		return q.codec.Names.Queues.Poisoned(token)
	}
	return q.codec.Names.Queues.Queue(token)
}

// eachQueued calls do for the messages of a subject whose numbers are from first to
// last, until it returns an error.
func (q *queues) eachQueued(ctx context.Context, subject string, first, last uint64, do func(*js.RawStreamMsg) error) error {
	for first <= last {
		stored, err := q.message(ctx, q.codec.Names.Streams.Queues, messageQuery{From: first, Next: subject})
		switch {
		case errors.Is(err, js.ErrMsgNotFound), err == nil && stored.Sequence > last:
			return nil
		case err != nil:
			return err
		}
		if err := do(stored); err != nil {
			return err
		}
		first = stored.Sequence + 1
	}
	return nil
}

// PurgeQueue removes messages from a queue, or from its poison queue, for good, and
// returns how many: all of them or, of the poison queue, those of the numbers. It
// returns an error wrapping [hub.ErrNotFound] where there is none of a number.
func (q *queues) PurgeQueue(ctx context.Context, queue string, poison bool, numbers []uint64) (int, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return 0, err
	}
	if len(numbers) > 0 && !poison {
		return 0, fmt.Errorf("queue %q: only poisoned messages can be removed one by one", queue)
	}
	n := 0
	if len(numbers) == 0 {
		n, err = q.purge(ctx, q.codec.Names.Streams.Queues, q.queueSubject(token, poison), 0)
	} else {
		err = q.eachPoisoned(ctx, token, numbers, func(stored *js.RawStreamMsg) error {
			err := q.removeQueued(ctx, stored.Sequence)
			if err == nil {
				n++
			}
			return err
		})
	}
	if err != nil {
		return n, fmt.Errorf("purge queue %q: %w", queue, err)
	}
	return n, nil
}

// removeQueued removes the message of that number, if it is still there.
func (q *queues) removeQueued(ctx context.Context, seq uint64) error {
	request, err := json.Marshal(map[string]any{"seq": seq, "no_erase": true})
	if err != nil {
		return err
	}
	var response struct {
		Error *js.APIError `json:"error"`
	}
	if err := q.call(ctx, "STREAM.MSG.DELETE."+q.codec.Names.Streams.Queues, request, &response); err != nil {
		return err
	}
	if response.Error != nil && !strings.Contains(response.Error.Description, "no message found") {
		return response.Error
	}
	return nil
}

// QueueStates returns the lengths of each queue that is not empty, by name, and before them
// those of messages that are in no queue.
func (q *queues) QueueStates(ctx context.Context) ([]hub.QueueState, error) {
	counts, err := q.countQueued(ctx, q.codec.Names.Hub+".*.*")
	if err != nil {
		return nil, fmt.Errorf("count queues: %w", err)
	}
	states := map[string]*hub.QueueState{}
	for subject, count := range counts {
		kind, token, _ := strings.Cut(strings.TrimPrefix(subject, q.codec.Names.Hub+"."), ".")
		s := &hub.QueueState{}
		if s.Queue, err = wire.DecodeToken(token); err != nil {
			s.Subject, token = subject, subject
		}
		if states[token] == nil {
			states[token] = s
		}
		s = states[token]
		if kind == "poison" {
			s.Poisoned = int(count)
		} else {
			s.Waiting = int(count)
		}
	}
	all := make([]hub.QueueState, 0, len(states))
	for _, s := range states {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b hub.QueueState) int {
		return cmp.Or(strings.Compare(a.Queue, b.Queue), strings.Compare(a.Subject, b.Subject))
	})
	return all, nil
}

func (q *queues) countQueued(ctx context.Context, filter string) (map[string]uint64, error) {
	info, err := roundTrip(ctx, q.connection, func(ctx context.Context) (*js.StreamInfo, error) {
		stream, err := q.js.Stream(ctx, q.codec.Names.Streams.Queues)
		if err != nil {
			return nil, err
		}
		return stream.Info(ctx, js.WithSubjectFilter(filter))
	})
	if err != nil {
		return nil, err
	}
	return info.State.Subjects, nil
}

// SendToQueue stores a message in its queue and returns its number. Of several with
// one ID that are sent within two minutes one is stored. It returns an error wrapping
// [ident.ErrInvalidName] or [ErrTooLarge].
func (q *queues) SendToQueue(ctx context.Context, m hub.QueueMessage) (uint64, error) {
	msg, err := q.codec.Queued(m, q.limits())
	if err != nil {
		return 0, err
	}
	seq, err := q.publish(ctx, msg).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("send to queue %q: %w", m.Queue, err)
	}
	return seq, nil
}
