package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

const (
	// partitionWindow is how many control messages of a partition are read ahead.
	partitionWindow = 256
	// controlAckWait is after how long a control message comes again. A session
	// never waits for it: who opens the partition gets everything at once.
	controlAckWait = time.Minute
)

// Open takes over a partition: whoever had it open before gets nothing more.
// Every message not yet acked is delivered, in the order the stream keeps them, by
// calls to deliver one at a time; a deliver that blocks holds back what follows.
// The order has no gaps: where one would arise, and on every reconnect, the
// session ends with an error instead. The context bounds the call, not the
// session.
//
// What cannot be read is moved to the dead letters and never delivered.
//
// What the owner before was handed is marked [hub.Delivery].Again, unless it has
// left in order, and so may be some of what was in line then.
//
// Whoever has partition 0 open also hands on the hub's timers as they become due, so
// that they are handed on for as long as there is somebody to take them in.
func (h *Hub) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	if partition < 0 || partition >= h.partitions {
		return nil, fmt.Errorf("there is no partition %d, only 0 to %d", partition, h.partitions-1)
	}
	config := pull.Config{
		API: h.api, Stream: h.codec.Names.Streams.Control, Consumer: h.codec.Key.Consumer("partition-" + strconv.Itoa(partition)),
		Group: newGroup(), Window: partitionWindow, Ordered: true,
	}
	note, inOrder, err := h.noteOpened(ctx, partition, config.Group)
	if err != nil {
		return nil, fmt.Errorf("note that partition %d is open: %w", partition, err)
	}
	var inherited inheritance
	if !inOrder {
		if inherited.upTo, err = h.delivered(ctx, config.Stream, config.Consumer); err != nil {
			return nil, fmt.Errorf("look for the consumer of partition %d: %w", partition, err)
		}
	}
	f, waiting, err := h.openOwned(ctx, h.codec.Names.Control.Partition(partition), config)
	if err != nil {
		return nil, fmt.Errorf("take over partition %d: %w", partition, err)
	}
	if !inOrder {
		inherited.first = min(waiting, mostUnseen)
	}
	s := &session{feed: f, done: make(chan struct{})}
	if partition == timersPartition {
		s.timers = h.forwardTimers(ctx, config)
	}
	go s.run(func(p wire.Delivered) { h.handOut(p, inherited, deliver) })
	return &partitionSession{session: s, hub: h, partition: partition, note: note}, nil
}

// openOwned takes a consumer over and reads from it, again where the new one is silent.
// It returns how many messages are in line for the consumer.
func (h *Hub) openOwned(ctx context.Context, filter string, config pull.Config) (*pull.Feed, uint64, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		waiting, err := h.takeOver(ctx, filter, config)
		if err != nil {
			return nil, 0, err
		}
		f, err := pull.Start(ctx, h.nc, config)
		if attempt == attempts || !errors.Is(err, pull.ErrSilent) {
			return f, waiting, err
		}
	}
}

// newGroup names the priority group of an owner, by the longest name that the server
// takes for one.
func newGroup() string { return rand.Text()[:16] }

// takeOver replaces a consumer that has one owner by a new one: the server then hands
// out everything unacked again, in order, and drops the requests of the owner
// before. Requests that are still on their way it refuses, since they do not name
// the new owner's group; that is all that the priority group is for. It returns how many
// messages are in line for the new one.
func (h *Hub) takeOver(ctx context.Context, filter string, owner pull.Config) (waiting uint64, err error) {
	config := js.ConsumerConfig{
		Durable:        owner.Consumer,
		FilterSubject:  filter,
		AckPolicy:      js.AckExplicitPolicy,
		AckWait:        controlAckWait,
		MaxAckPending:  -1,
		PriorityPolicy: js.PriorityPolicyOverflow,
		PriorityGroups: []string{owner.Group},
	}
	pauses := newPauses()
	for attempt := 1; ; attempt++ {
		err := h.deleteConsumer(ctx, owner.Stream, owner.Consumer)
		var made js.Consumer
		if err == nil || errors.Is(err, js.ErrConsumerNotFound) {
			made, err = h.createConsumer(ctx, owner.Stream, config)
		}
		if err == nil {
			return made.CachedInfo().NumPending, nil
		}
		if attempt == takeOverAttempts || !isRivalry(err) {
			return 0, err
		}
		if pauses.Wait(ctx) != nil {
			return 0, err
		}
	}
}

// takeOverAttempts bounds how often a takeover that met another is tried again.
const takeOverAttempts = 10

// isRivalry reports whether somebody else has made, or is just removing, the same
// consumer.
func isRivalry(err error) bool {
	var api *js.APIError
	return errors.Is(err, js.ErrConsumerExists) || errors.As(err, &api) && api.ErrorCode == codeConsumerCreate
}

// handOut delivers one message, or puts it among the dead letters.
func (h *Hub) handOut(p wire.Delivered, inherited inheritance, deliver func(hub.Delivery)) {
	m, err := wire.ReadControl(p, h.limits())
	if err != nil {
		if h.reject(p, err.Error()) {
			h.tellDiscarded(p)
		}
		return
	}
	h.clock.heard(context.Background(), p.Ack.Time())
	deliver(hub.Delivery{
		Message: m,
		Seq:     p.Ack.Seq,
		Stored:  p.Ack.Time(),
		Again:   inherited.holds(p.Ack),
		Ack: func() {
			if err := h.ack(p.Msg); err != nil {
				h.log.Debug("ack was not sent; the message comes again", keySubject, p.Subject, keyError, err)
			}
		},
		Reject: func(reason string) { _ = h.reject(p, reason) },
	})
}

// session hands on what a feed brings, on a goroutine of its own.
type session struct {
	feed *pull.Feed
	// timers are handed on beside it, nil for those of another session.
	timers *forwarder
	done   chan struct{}
}

func (s *session) run(handOn func(wire.Delivered)) {
	defer close(s.done)
	if s.timers != nil {
		defer s.timers.stop()
	}
	for p := range s.feed.Out() {
		if s.feed.Ended() {
			continue
		}
		handOn(p)
		s.feed.Release()
	}
}

// Stop ends the session and waits for the last deliver. It must not be called
// from there.
func (s *session) Stop() {
	s.feed.Stop()
	<-s.done
}

// Done is closed when deliver has returned for the last time.
func (s *session) Done() <-chan struct{} { return s.done }

// Err returns why the session ended by itself, nil while it runs and after Stop.
func (s *session) Err() error {
	select {
	case <-s.done:
		return s.feed.Err()
	default:
		return nil
	}
}
