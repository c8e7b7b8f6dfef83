package jetstream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

const (
	// partitionWindow is how many control messages of a partition are read ahead.
	partitionWindow = 256
	// controlAckWait is after how long a control message comes again. No session waits for
	// that long: a new owner of the partition gets everything at once.
	controlAckWait = time.Minute
)

// inbox keeps the promises of [hub.Inbox].
type inbox struct {
	*connection
	clock      *clock
	outbox     *outbox
	partitions int
}

// Partitions returns the number of partitions, which is the same for as long as
// the hub exists.
func (i *inbox) Partitions() int { return i.partitions }

// Open takes over a partition: the owner before gets nothing more. It delivers every message
// that is not acked, in the order in which the stream keeps them, by calls to deliver one at a
// time; a deliver that blocks holds back the messages behind it. The order has no gaps: where
// one would arise, and on every reconnect, the session ends with an error instead. The context
// bounds the call, not the session.
//
// A message that cannot be read is moved to the dead letters and never delivered.
//
// Messages that were handed to the owner before are marked [hub.Delivery].Again, unless that
// owner has left in order. So may be some of the messages that were in line then.
//
// The owner of partition 0 also hands on the hub's timers as they become due, so timers are
// handed on for as long as somebody takes them in.
func (i *inbox) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	if partition < 0 || partition >= i.partitions {
		return nil, fmt.Errorf("there is no partition %d, only 0 to %d", partition, i.partitions-1)
	}
	config := pull.Config{
		API: i.api, Stream: i.codec.Names.Streams.Control, Consumer: i.codec.Key.Consumer("partition-" + strconv.Itoa(partition)),
		Group: newGroup(), Window: partitionWindow, Ordered: true,
	}
	note, inOrder, err := i.noteOpened(ctx, partition, config.Group)
	if err != nil {
		return nil, fmt.Errorf("note that partition %d is open: %w", partition, err)
	}
	from := consumers{i.connection}
	var inherited inheritance
	if !inOrder {
		if inherited.upTo, err = from.delivered(ctx, config.Stream, config.Consumer); err != nil {
			return nil, fmt.Errorf("look for the consumer of partition %d: %w", partition, err)
		}
	}
	f, waiting, err := from.open(ctx, i.codec.Names.Control.Partition(partition), config)
	if err != nil {
		return nil, fmt.Errorf("take over partition %d: %w", partition, err)
	}
	if !inOrder {
		inherited.first = min(waiting, mostUnseen)
	}
	s := &session{feed: f, done: make(chan struct{})}
	if partition == timersPartition {
		s.timers = i.forwardTimers(ctx, config)
	}
	go s.run(func(p wire.Delivered) { i.handOut(p, inherited, deliver) })
	return &partitionSession{session: s, connection: i.connection, partition: partition, note: note}, nil
}

// handOut delivers one message, or puts it among the dead letters.
func (i *inbox) handOut(p wire.Delivered, inherited inheritance, deliver func(hub.Delivery)) {
	m, err := wire.ReadControl(p, i.limits())
	if err != nil {
		if i.reject(p, err.Error()) {
			i.outbox.tellDiscarded(p)
		}
		return
	}
	i.clock.heard(context.Background(), p.Ack.Time())
	deliver(hub.Delivery{
		Message: m,
		Seq:     p.Ack.Seq,
		Stored:  p.Ack.Time(),
		Again:   inherited.holds(p.Ack),
		Ack: func() {
			if err := i.ack(p.Msg); err != nil {
				i.log.Debug("ack was not sent; the message comes again", keySubject, p.Subject, keyError, err)
			}
		},
		Reject: func(reason string) { _ = i.reject(p, reason) },
	})
}
