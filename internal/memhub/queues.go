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

// queue is a queue and its poison queue. Its work queue hands out the messages as if they
// were activities, whose tasks are the messages' numbers. The hub's lock guards it.
type queue struct {
	work     *workQueue
	waiting  map[uint64]hub.QueueMessage
	poisoned map[uint64]hub.QueueMessage
	// runs are noted of messages that are waiting.
	runs map[uint64]int
	// sent are the ids that were given.
	sent map[string]uint64
}

// queue returns the queue of that name, made on first use.
func (m *Hub) queue(name string) *queue {
	q := m.queues[name]
	if q == nil {
		q = &queue{
			work:    &workQueue{hub: m, jobs: map[timerKey]*job{}},
			waiting: map[uint64]hub.QueueMessage{}, poisoned: map[uint64]hub.QueueMessage{},
			sent: map[string]uint64{}, runs: map[uint64]int{},
		}
		m.queues[name] = q
	}
	return q
}

// lockQueue takes the hub's lock and returns the queue of that name.
func (m *Hub) lockQueue(ctx context.Context, name string) (*queue, error) {
	if err := ident.CheckName("queue name", name); err != nil {
		return nil, err
	}
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	return m.queue(name), nil
}

// SendToQueue stores a message, unless one of its ID has been sent; see client.Hub.
func (m *Hub) SendToQueue(ctx context.Context, msg hub.QueueMessage) (uint64, error) {
	if len(msg.Data) > m.MaxPayload() {
		return 0, fmt.Errorf("message of %d bytes for queue %q: %w", len(msg.Data), msg.Queue, ErrTooLarge)
	}
	if msg.ID != "" {
		if err := ident.CheckEvent(msg.ID); err != nil {
			return 0, err
		}
	}
	q, err := m.lockQueue(ctx, msg.Queue)
	if err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	if seq, twice := q.sent[msg.ID]; twice && msg.ID != "" {
		return seq, nil
	}
	msg.Stored, msg.Poison = m.now().UTC(), nil
	seq := m.enqueue(q, msg)
	q.sent[msg.ID] = seq
	return seq, nil
}

// enqueue stores a message under the next number.
func (m *Hub) enqueue(q *queue, msg hub.QueueMessage) uint64 {
	m.queued++
	msg.Seq, msg.Data = m.queued, bytes.Clone(msg.Data)
	if msg.ID == "" {
		msg.ID = hub.QueueMessageID(msg.Seq)
	}
	q.waiting[msg.Seq] = msg
	q.work.add(queueJob(msg))
	return msg.Seq
}

func queueJob(msg hub.QueueMessage) hub.Activity {
	return hub.Activity{Name: msg.Queue, Task: int64(msg.Seq), Input: msg.Data}
}

// Consume hands out the messages of a queue; see dispatcher.Queues.
func (m *Hub) Consume(ctx context.Context, name string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	if limit < 1 {
		return nil, fmt.Errorf("queue %q: limit %d is less than 1", name, limit)
	}
	q, err := m.lockQueue(ctx, name)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return q.work.open(limit, func(d hub.ActivityDelivery) {
		if delivery, ok := m.queueDelivery(q, d); ok {
			handle(delivery)
		}
	}), nil
}

// queueDelivery is what an activity of a queue's work queue stands for, if it has not been
// dealt with.
func (m *Hub) queueDelivery(q *queue, d hub.ActivityDelivery) (hub.QueueDelivery, bool) {
	m.mu.Lock()
	msg, ok := q.waiting[uint64(d.Task)]
	m.mu.Unlock()
	msg.Data = d.Input
	handout := d.Handout
	handout.Ack = func() error {
		m.mu.Lock()
		delete(q.waiting, msg.Seq)
		delete(q.runs, msg.Seq)
		m.mu.Unlock()
		return d.Ack()
	}
	return hub.QueueDelivery{
		QueueMessage: msg,
		Handout:      handout,
		Runs:         func(ctx context.Context) (int, error) { return m.readRuns(ctx, q, msg.Seq) },
		Note:         func(ctx context.Context, runs int) error { return m.noteRuns(ctx, q, msg.Seq, runs) },
		Reject: func(reason string, deliveries int) error {
			m.mu.Lock()
			m.poison(q, msg.Seq, hub.Poison{Reason: reason, Deliveries: deliveries, At: m.now().UTC()})
			m.mu.Unlock()
			return d.Ack()
		},
	}, ok
}

func (m *Hub) readRuns(ctx context.Context, q *queue, seq uint64) (int, error) {
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	if runs, noted := q.runs[seq]; noted {
		return runs, nil
	}
	return 1, nil
}

func (m *Hub) noteRuns(ctx context.Context, q *queue, seq uint64, runs int) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	q.runs[seq] = runs
	return nil
}

// poison moves a message to the poison queue, if it is still there.
func (m *Hub) poison(q *queue, seq uint64, why hub.Poison) {
	msg, ok := q.waiting[seq]
	if !ok {
		return
	}
	delete(q.waiting, seq)
	delete(q.runs, seq)
	m.queued++
	msg.Seq, msg.Poison = m.queued, &why
	q.poisoned[msg.Seq] = msg
}

// QueueLength counts the messages that are not acked; see dispatcher.Queues.
func (m *Hub) QueueLength(ctx context.Context, name string) (int, error) {
	q, err := m.lockQueue(ctx, name)
	if err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	return len(q.waiting), nil
}

// QueueStates counts the messages of all queues that are not empty; see client.Hub.
func (m *Hub) QueueStates(ctx context.Context) ([]hub.QueueState, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var states []hub.QueueState
	for _, name := range slices.Sorted(maps.Keys(m.queues)) {
		q := m.queues[name]
		if len(q.waiting)+len(q.poisoned) > 0 {
			states = append(states, hub.QueueState{Queue: name, Waiting: len(q.waiting), Poisoned: len(q.poisoned)})
		}
	}
	return states, nil
}

// PeekQueue returns messages without taking them; see client.Hub.
func (m *Hub) PeekQueue(ctx context.Context, name string, poison bool, behind uint64, limit int) ([]hub.QueueMessage, error) {
	q, err := m.lockQueue(ctx, name)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
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

// RedriveQueue moves messages back; see client.Hub.
func (m *Hub) RedriveQueue(ctx context.Context, name string, numbers []uint64) (int, error) {
	return m.eachPoisoned(ctx, name, numbers, func(q *queue, msg hub.QueueMessage) {
		msg.Poison = nil
		m.enqueue(q, msg)
	})
}

// PurgeQueue removes messages; see client.Hub.
func (m *Hub) PurgeQueue(ctx context.Context, name string, poison bool, numbers []uint64) (int, error) {
	if poison {
		return m.eachPoisoned(ctx, name, numbers, func(*queue, hub.QueueMessage) {})
	}
	if len(numbers) > 0 {
		return 0, fmt.Errorf("queue %q: only poisoned messages can be removed one by one", name)
	}
	q, err := m.lockQueue(ctx, name)
	if err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
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

// eachPoisoned takes the messages of the numbers, or all, out of the poison queue.
func (m *Hub) eachPoisoned(ctx context.Context, name string, numbers []uint64, do func(*queue, hub.QueueMessage)) (int, error) {
	q, err := m.lockQueue(ctx, name)
	if err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
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
