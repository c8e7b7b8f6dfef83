package memhub

import (
	"context"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// partition is one part of the control queue.
type partition struct {
	// queue holds the messages in the order they were stored. Acknowledged ones
	// are marked, and dropped once they are at the front.
	queue []*entry
	// dropped is how many have been dropped from the front, ever.
	dropped int
	// live is how many are not acknowledged.
	live    int
	session *session
	// holder is the last owner that has not left in order, nil if that one has.
	holder *session
}

// entry is one stored control message.
type entry struct {
	message hub.Message
	seq     uint64
	stored  time.Time
	acked   bool
	// delivered is set once an owner has been handed it, again where that was an
	// earlier owner that has not left in order.
	delivered, again bool
}

// Post stores a control message. It returns an error wrapping
// [ident.ErrInvalidName] for an illegal id, name, tag, time or receipt or an
// unknown verb, and [ErrTooLarge].
func (m *Hub) Post(ctx context.Context, msg hub.Message) (uint64, error) {
	if err := m.check(msg); err != nil {
		return 0, err
	}
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	return m.post(msg), nil
}

// post appends to the partition and wakes its session.
func (m *Hub) post(msg hub.Message) uint64 {
	m.sequence++
	msg = posted(msg)
	if msg.Verb == hub.VerbStart && msg.Execution == "" {
		msg.Execution = "seq-" + strconv.FormatUint(m.sequence, 10)
		if msg.Replaces != hub.AnyAtAll && msg.Replaces != hub.AnyEnded {
			msg.Replaces = hub.NoInstance
		}
	}
	p := m.partitions[m.partitionOf(msg.Instance)]
	p.queue = append(p.queue, &entry{message: msg, seq: m.sequence, stored: m.now()})
	p.live++
	if p.session != nil {
		p.session.poke()
	}
	return m.sequence
}

// partitionOf returns the partition that the instance's messages are in.
func (m *Hub) partitionOf(instance string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(instance))
	return int(h.Sum32() % uint32(len(m.partitions)))
}

// Partitions is the configured number.
func (m *Hub) Partitions() int { return len(m.partitions) }

// ack removes the message, whoever got it and however often it is asked. It
// reports whether the message was still there.
func (m *Hub) ack(p *partition, e *entry) bool {
	if e.acked {
		return false
	}
	e.acked = true
	p.live--
	for len(p.queue) > 0 && p.queue[0].acked {
		p.queue[0] = nil
		p.queue = p.queue[1:]
		p.dropped++
	}
	m.left()
	return true
}

// reject moves the message to the dead letters.
func (m *Hub) reject(p *partition, e *entry, reason string) {
	if m.ack(p, e) {
		m.dead = append(m.dead, DeadLetter{Message: e.message, Seq: e.seq, Reason: reason})
	}
}
