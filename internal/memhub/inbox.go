package memhub

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// control keeps the promises of [hub.Inbox] and [hub.Outbox].
type control struct {
	*state
	work *work
}

// partition is one partition of the control messages.
type partition struct {
	// queue holds the messages in the order they were stored. An acknowledged message is
	// marked, and dropped once it is at the front.
	queue []*entry
	// dropped is how many messages have been dropped from the front, ever.
	dropped int
	// live is how many messages are not acknowledged.
	live int
	// session is the one that is running, nil if there is none.
	session *session
	// holder is the session of the last owner, nil if that owner has left in order.
	holder *session
}

// entry is one stored control message.
type entry struct {
	message hub.Message
	seq     uint64
	stored  time.Time
	acked   bool
	// delivered is set once the message was handed to an owner. again is set if that was an
	// earlier owner who has not left in order.
	delivered, again bool
}

// Open takes over a partition; see hub.Inbox. The end of ctx does not end the session.
func (c *control) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	if partition < 0 || partition >= len(c.partitions) {
		return nil, fmt.Errorf("there is no partition %d, only 0 to %d", partition, len(c.partitions)-1)
	}
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	p := c.partitions[partition]
	if p.session != nil {
		p.session.end(ErrTakenOver)
	}
	s := &session{
		control: c, partition: p, deliver: deliver, next: p.dropped,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.session = s
	p.inherit(s)
	go s.run()
	return s, nil
}

// inherit marks the messages that the previous owner was handed, unless that owner has left in
// order.
func (p *partition) inherit(s *session) {
	for _, e := range p.queue {
		e.again = e.delivered && p.holder != nil
		e.delivered = e.again
	}
	p.holder = s
}

// partitionOf returns the partition that the instance's messages are in.
func (c *control) partitionOf(instance string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(instance))
	return int(h.Sum32() % uint32(len(c.partitions)))
}

// Partitions returns the configured number.
func (c *control) Partitions() int { return len(c.partitions) }

// ack removes the message, whoever got it and however often ack is called. It reports whether
// the message was still there.
func (c *control) ack(p *partition, e *entry) bool {
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
	c.left()
	return true
}

// reject moves the message to the dead letters.
func (c *control) reject(p *partition, e *entry, reason string) {
	if c.ack(p, e) {
		c.dead = append(c.dead, DeadLetter{Message: e.message, Seq: e.seq, Reason: reason})
	}
}

// DeadLetter is a control message that a worker has rejected.
type DeadLetter struct {
	Message hub.Message
	Seq     uint64
	Reason  string
}

// DeadLetters returns the rejected messages, oldest first.
func (c *control) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	return append([]DeadLetter(nil), c.dead...), nil
}
