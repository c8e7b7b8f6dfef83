package memhub

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// queues keeps the promises of [hub.QueueWork] and [hub.Queues].
type queues struct{ *state }

// queue is a queue and its poison queue. Its work queue hands out the messages as if they were
// activities, whose tasks are the numbers of the messages. The hub's lock guards a queue.
type queue struct {
	work     *workQueue
	waiting  map[uint64]hub.QueueMessage
	poisoned map[uint64]hub.QueueMessage
	// runs are the noted runs of messages that are waiting.
	runs map[uint64]int
	// sent are the numbers of the messages that were sent with an id, by that id.
	sent map[string]uint64
}

// queue returns the queue of that name, and makes the queue at the first call.
func (s *queues) queue(name string) *queue {
	q := s.messageQueues[name]
	if q == nil {
		q = &queue{
			work:    newWorkQueue(s.state),
			waiting: map[uint64]hub.QueueMessage{}, poisoned: map[uint64]hub.QueueMessage{},
			sent: map[string]uint64{}, runs: map[uint64]int{},
		}
		s.messageQueues[name] = q
	}
	return q
}

// lockQueue takes the hub's lock and returns the queue of that name.
func (s *queues) lockQueue(ctx context.Context, name string) (*queue, error) {
	if err := ident.CheckName("queue name", name); err != nil {
		return nil, err
	}
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	return s.queue(name), nil
}

// SendToQueue stores a message, unless one of the same ID was sent before; see hub.Queues.
func (s *queues) SendToQueue(ctx context.Context, msg hub.QueueMessage) (uint64, error) {
	if len(msg.Data) > s.MaxPayload() {
		return 0, fmt.Errorf("message of %d bytes for queue %q: %w", len(msg.Data), msg.Queue, ErrTooLarge)
	}
	if msg.ID != "" {
		if err := ident.CheckEvent(msg.ID); err != nil {
			return 0, err
		}
	}
	q, err := s.lockQueue(ctx, msg.Queue)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if seq, twice := q.sent[msg.ID]; twice && msg.ID != "" {
		return seq, nil
	}
	msg.Stored, msg.Poison = s.now().UTC(), nil
	seq := s.enqueue(q, msg)
	q.sent[msg.ID] = seq
	return seq, nil
}

// enqueue stores a message under the next number.
func (s *queues) enqueue(q *queue, msg hub.QueueMessage) uint64 {
	s.queued++
	msg.Seq, msg.Data = s.queued, bytes.Clone(msg.Data)
	if msg.ID == "" {
		msg.ID = hub.QueueMessageID(msg.Seq)
	}
	q.waiting[msg.Seq] = msg
	q.work.add(queueJob(msg))
	return msg.Seq
}

// queueJob returns the activity that stands for a message in the work queue.
func queueJob(msg hub.QueueMessage) hub.Activity {
	return hub.Activity{Name: msg.Queue, Task: int64(msg.Seq), Input: msg.Data}
}

// Consume hands out the messages of a queue; see hub.QueueWork.
func (s *queues) Consume(ctx context.Context, name string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	if limit < 1 {
		return nil, fmt.Errorf("queue %q: limit %d is less than 1", name, limit)
	}
	q, err := s.lockQueue(ctx, name)
	if err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return q.work.open(limit, func(d hub.ActivityDelivery) {
		if delivery, ok := s.queueDelivery(q, d); ok {
			handle(delivery)
		}
	}), nil
}

// queueDelivery returns the message that an activity of a queue's work queue stands for. It
// reports false if the message is not waiting any more.
func (s *queues) queueDelivery(q *queue, d hub.ActivityDelivery) (hub.QueueDelivery, bool) {
	s.mu.Lock()
	msg, ok := q.waiting[uint64(d.Task)]
	s.mu.Unlock()
	msg.Data = d.Input
	handout := d.Handout
	handout.Ack = func() error {
		s.mu.Lock()
		delete(q.waiting, msg.Seq)
		delete(q.runs, msg.Seq)
		s.mu.Unlock()
		return d.Ack()
	}
	return hub.QueueDelivery{
		QueueMessage: msg,
		Handout:      handout,
		Runs:         func(ctx context.Context) (int, error) { return s.readRuns(ctx, q, msg.Seq) },
		Note:         func(ctx context.Context, runs int) error { return s.noteRuns(ctx, q, msg.Seq, runs) },
		Reject: func(reason string, deliveries int) error {
			s.mu.Lock()
			s.poison(q, msg.Seq, hub.Poison{Reason: reason, Deliveries: deliveries, At: s.now().UTC()})
			s.mu.Unlock()
			return d.Ack()
		},
	}, ok
}

// readRuns returns the noted runs of a message, 1 if there are none.
func (s *queues) readRuns(ctx context.Context, q *queue, seq uint64) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if runs, noted := q.runs[seq]; noted {
		return runs, nil
	}
	return 1, nil
}

// noteRuns stores the number of runs of a message.
func (s *queues) noteRuns(ctx context.Context, q *queue, seq uint64, runs int) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	q.runs[seq] = runs
	return nil
}

// poison moves a message to the poison queue, if it is still there.
func (s *queues) poison(q *queue, seq uint64, why hub.Poison) {
	msg, ok := q.waiting[seq]
	if !ok {
		return
	}
	delete(q.waiting, seq)
	delete(q.runs, seq)
	s.queued++
	msg.Seq, msg.Poison = s.queued, &why
	q.poisoned[msg.Seq] = msg
}

// QueueLength counts the messages that are not acknowledged; see hub.QueueWork.
func (s *queues) QueueLength(ctx context.Context, name string) (int, error) {
	q, err := s.lockQueue(ctx, name)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return len(q.waiting), nil
}

// QueueStates counts the messages of all queues that are not empty; see hub.Queues.
func (s *queues) QueueStates(ctx context.Context) ([]hub.QueueState, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var states []hub.QueueState
	for _, name := range slices.Sorted(maps.Keys(s.messageQueues)) {
		q := s.messageQueues[name]
		if len(q.waiting)+len(q.poisoned) > 0 {
			states = append(states, hub.QueueState{Queue: name, Waiting: len(q.waiting), Poisoned: len(q.poisoned)})
		}
	}
	return states, nil
}

// PeekQueue returns copies of messages, which stay where they are; see hub.Queues.
func (s *queues) PeekQueue(ctx context.Context, name string, poison bool, behind uint64, limit int) ([]hub.QueueMessage, error) {
	q, err := s.lockQueue(ctx, name)
	if err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	from := q.waiting
	if poison {
		from = q.poisoned
	}
	var found []hub.QueueMessage
	for _, msg := range from {
		if msg.Seq > behind {
			msg.Data, msg.Poison = bytes.Clone(msg.Data), clone(msg.Poison)
			found = append(found, msg)
		}
	}
	slices.SortFunc(found, func(a, b hub.QueueMessage) int { return cmp.Compare(a.Seq, b.Seq) })
	return found[:min(len(found), max(0, limit))], nil
}

// RedriveQueue moves messages from the poison queue back to the queue; see hub.Queues.
func (s *queues) RedriveQueue(ctx context.Context, name string, numbers []uint64) (int, error) {
	return s.eachPoisoned(ctx, name, numbers, func(q *queue, msg hub.QueueMessage) {
		msg.Poison = nil
		s.enqueue(q, msg)
	})
}

// PurgeQueue removes messages; see hub.Queues.
func (s *queues) PurgeQueue(ctx context.Context, name string, poison bool, numbers []uint64) (int, error) {
	if poison {
		return s.eachPoisoned(ctx, name, numbers, func(*queue, hub.QueueMessage) {})
	}
	if len(numbers) > 0 {
		return 0, fmt.Errorf("queue %q: only poisoned messages can be removed one by one", name)
	}
	q, err := s.lockQueue(ctx, name)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n := len(q.waiting)
	for seq, msg := range q.waiting {
		delete(q.waiting, seq)
		delete(q.runs, seq)
		if j := q.work.jobs[jobKey(queueJob(msg))]; j != nil {
			q.work.remove(j)
		}
	}
	return n, nil
}

// eachPoisoned takes the messages of the numbers, or all if there are no numbers, out of the
// poison queue and calls do with each.
func (s *queues) eachPoisoned(ctx context.Context, name string, numbers []uint64, do func(*queue, hub.QueueMessage)) (int, error) {
	q, err := s.lockQueue(ctx, name)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if len(numbers) == 0 {
		numbers = slices.Sorted(maps.Keys(q.poisoned))
	}
	for n, seq := range numbers {
		msg, ok := q.poisoned[seq]
		if !ok {
			return n, fmt.Errorf("message %d in the poison queue: %w", seq, hub.ErrNotFound)
		}
		delete(q.poisoned, seq)
		do(q, msg)
	}
	return len(numbers), nil
}
