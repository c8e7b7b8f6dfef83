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

// PeekQueue returns messages of a queue, or of its poison queue, without taking them:
// at most limit of those behind the number, in their order.
func (h *Hub) PeekQueue(ctx context.Context, queue string, poison bool, behind uint64, limit int) ([]hub.QueueMessage, error) {
	token, err := wire.QueueToken(queue)
	if err != nil || limit < 1 || behind == math.MaxUint64 {
		return nil, err
	}
	var found []hub.QueueMessage
	err = h.eachQueued(ctx, h.queueSubject(token, poison), behind+1, math.MaxUint64, func(stored *js.RawStreamMsg) error {
		// What cannot be read of it is for the worker to say.
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

func (h *Hub) queueSubject(token string, poison bool) string {
	if poison {
		return h.codec.Names.Queues.Poisoned(token)
	}
	return h.codec.Names.Queues.Queue(token)
}

// eachQueued calls do for the messages of a subject whose numbers are from first to
// last, until it returns an error.
func (h *Hub) eachQueued(ctx context.Context, subject string, first, last uint64, do func(*js.RawStreamMsg) error) error {
	for first <= last {
		stored, err := h.message(ctx, h.codec.Names.Streams.Queues, messageQuery{From: first, Next: subject})
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
func (h *Hub) PurgeQueue(ctx context.Context, queue string, poison bool, numbers []uint64) (int, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return 0, err
	}
	if len(numbers) > 0 && !poison {
		return 0, fmt.Errorf("queue %q: only poisoned messages can be removed one by one", queue)
	}
	n := 0
	if len(numbers) == 0 {
		n, err = h.purge(ctx, h.codec.Names.Streams.Queues, h.queueSubject(token, poison), 0)
	} else {
		err = h.eachPoisoned(ctx, token, numbers, func(stored *js.RawStreamMsg) error {
			err := h.removeQueued(ctx, stored.Sequence)
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
func (h *Hub) removeQueued(ctx context.Context, seq uint64) error {
	request, err := json.Marshal(map[string]any{"seq": seq, "no_erase": true})
	if err != nil {
		return err
	}
	var response struct {
		Error *js.APIError `json:"error"`
	}
	if err := h.call(ctx, "STREAM.MSG.DELETE."+h.codec.Names.Streams.Queues, request, &response); err != nil {
		return err
	}
	if response.Error != nil && !strings.Contains(response.Error.Description, "no message found") {
		return response.Error
	}
	return nil
}

// QueueLength returns how many messages of a queue are not acked.
func (h *Hub) QueueLength(ctx context.Context, queue string) (int, error) {
	token, err := wire.QueueToken(queue)
	if err != nil {
		return 0, err
	}
	counts, err := h.countQueued(ctx, h.codec.Names.Queues.Queue(token))
	if err != nil {
		return 0, fmt.Errorf("count queue %q: %w", queue, err)
	}
	return int(counts[h.codec.Names.Queues.Queue(token)]), nil
}

// QueueStates returns how much there is of each queue that is not empty, by name, and
// before them what is in none.
func (h *Hub) QueueStates(ctx context.Context) ([]hub.QueueState, error) {
	counts, err := h.countQueued(ctx, h.codec.Names.Hub+".*.*")
	if err != nil {
		return nil, fmt.Errorf("count queues: %w", err)
	}
	states := map[string]*hub.QueueState{}
	for subject, count := range counts {
		kind, token, _ := strings.Cut(strings.TrimPrefix(subject, h.codec.Names.Hub+"."), ".")
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

func (h *Hub) countQueued(ctx context.Context, filter string) (map[string]uint64, error) {
	info, err := ask(ctx, h, func(ctx context.Context) (*js.StreamInfo, error) {
		stream, err := h.js.Stream(ctx, h.codec.Names.Streams.Queues)
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
