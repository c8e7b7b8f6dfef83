package partition

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/run"
)

// owner owns a partition, from taking it over to giving it up. It accepts the messages of an
// instance in the order the hub stored them, without gaps, so that a watermark can stand for
// all of them.
//
// Each instance that has messages has an inbox and one goroutine that takes its turns, one
// at a time; turns of different instances overlap freely.
type owner struct {
	hub     Hub
	turns   Turns
	monitor *monitor.Monitor
	// work is the context of turns: it ends later than the owner's, so that they can
	// finish.
	work      context.Context //nolint:containedctx // lives exactly as long as the owner
	partition int
	lease     *lease
	// trusting is set if this worker had the partition open before: its work then has not
	// ended it.
	trusting bool
	opened   bool

	slots   chan struct{}
	running sync.WaitGroup
	// over is closed when nothing more is to be accepted.
	over     chan struct{}
	overOnce sync.Once

	mu      sync.Mutex
	inboxes map[string]*inbox
	// lost says that the lease ran out, nil if it has not.
	lost error
}

const (
	// mostInMemory is how many messages of one partition are in memory.
	mostInMemory = 1024
	// blockedRetry is how often a blocked instance is tried again.
	blockedRetry = 30 * time.Second
)

func (f *Fleet) newOwner(work context.Context, partition int, l *lease, trusting bool) *owner {
	return &owner{
		hub: f.hub, turns: f.turns, monitor: f.monitor, work: work, partition: partition, lease: l, trusting: trusting,
		slots:   make(chan struct{}, mostInMemory),
		over:    make(chan struct{}),
		inboxes: map[string]*inbox{},
	}
}

// serve opens the partition and takes its messages until ctx ends, the hub ends the delivery
// or the lease is lost; then it lets the turns at work finish.
func (o *owner) serve(ctx context.Context) error {
	if !o.lease.valid() {
		return errLeaseExpired
	}
	session, err := o.hub.Open(ctx, o.partition, o.accept)
	if err != nil {
		return fmt.Errorf("open partition %d: %w", o.partition, err)
	}
	o.opened = true
	o.turns.Opened()
	o.monitor.Idle.End()
	defer o.monitor.Idle.Begin()
	select {
	case <-ctx.Done():
	case <-session.Done():
	case <-o.over:
	}
	o.end(nil)
	session.Stop()
	o.running.Wait()
	o.turns.Left(o.partition)
	o.leave(ctx, session)
	o.mu.Lock()
	defer o.mu.Unlock()
	return errors.Join(o.lost, session.Err())
}

// leave tells the hub that all turns have come back, unless some have yet to begin that an
// earlier owner may have died of. If the delivery broke off, the hub may not be there, and
// most likely this worker opens the partition next.
func (o *owner) leave(ctx context.Context, session hub.PartitionSession) {
	if session.Err() != nil || o.hasSuspects() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.hub.LeaseTTL()/2)
	defer cancel()
	if err := session.Leave(ctx); err != nil {
		o.monitor.Log.Debug("did not note that a partition is given up in order", monitor.KeyPartition, o.partition, monitor.KeyError, err)
	}
}

func (o *owner) hasSuspects() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.inboxes {
		if len(b.pending) > 0 && b.pending[0].Again && !b.blocked {
			return true
		}
	}
	return false
}

func (o *owner) end(cause error) {
	o.overOnce.Do(func() {
		o.mu.Lock()
		o.lost = cause
		o.mu.Unlock()
		close(o.over)
	})
}

func (o *owner) expired() error {
	return fmt.Errorf("partition %d: %w", o.partition, errLeaseLost)
}

var (
	// errLeaseExpired: a partition cannot be opened before its lease is renewed.
	errLeaseExpired = errors.New("the lease has run out and is not renewed yet")
	// errLeaseLost: the lease ran out while the partition was open.
	errLeaseLost = errors.New("the lease ran out before it was renewed")
)

// accept takes a message from the hub into its instance's inbox. It blocks while the owner
// has as many messages in memory as it may. A message that is not accepted is not lost: it
// comes again to the next owner.
func (o *owner) accept(m hub.Delivery) {
	select {
	case <-o.over:
		return
	case o.slots <- struct{}{}:
	}
	if !o.lease.valid() {
		o.end(o.expired())
		return
	}
	m.Again = m.Again && !o.trusting
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.inboxes[m.Instance]
	idle := b == nil
	if idle {
		b = &inbox{arrived: make(chan struct{}, 1)}
		o.inboxes[m.Instance] = b
	}
	if !b.add(m) {
		<-o.slots
		return
	}
	b.slots++
	if idle {
		o.running.Add(1)
		o.monitor.Idle.Begin()
		go o.takeTurns(m.Instance, b)
	}
}

// takeTurns takes turns for one instance until its inbox is empty.
func (o *owner) takeTurns(instance string, b *inbox) {
	defer o.running.Done()
	defer o.monitor.Idle.End()
	var pauses retry.Pauses
	for {
		if !o.lease.valid() { // this process may have been stopped for long
			o.end(o.expired())
		}
		batch := o.next(instance, b)
		if batch == nil {
			return
		}
		n, err := o.turns.Turn(o.work, o.partition, batch, o.over)
		o.done(b, n)
		if err == nil {
			pauses.Reset()
			continue
		}
		if !o.wait(b, pauses.Next(), instance, err) {
			return
		}
	}
}

// next returns the batch for the next turn, nil if there is none and the
// goroutine must end.
func (o *owner) next(instance string, b *inbox) []hub.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.over:
		return nil
	default:
	}
	if len(b.pending) == 0 {
		delete(o.inboxes, instance)
		return nil
	}
	return b.batch()
}

// done removes the first n messages from the inbox.
func (o *owner) done(b *inbox, n int) {
	o.mu.Lock()
	b.pending = b.pending[n:]
	free := min(n, b.slots)
	b.slots -= free
	o.mu.Unlock()
	o.free(free)
}

// free gives slots back.
func (o *owner) free(n int) {
	for range n {
		<-o.slots
	}
}

// wait logs why a turn failed and waits before it is tried again; it reports
// false if there is to be no other try.
func (o *owner) wait(b *inbox, pause time.Duration, instance string, err error) bool {
	var blocked *run.BlockedError
	var arrived chan struct{}
	switch {
	case o.work.Err() != nil, errors.Is(err, run.ErrOver):
		return false
	case errors.Is(err, hub.ErrConflict):
		o.monitor.Log.Debug("another worker changed the instance; loading it again", monitor.KeyInstance, instance)
	case errors.As(err, &blocked):
		o.monitor.Log.Error("instance is blocked; its messages are kept", monitor.KeyInstance, instance, monitor.KeyError, blocked.Reason)
		pause, arrived = blockedRetry, b.arrived
		o.block(b)
		o.yieldSlots(b)
	default:
		o.monitor.Complain("turn failed; trying again", err, monitor.KeyInstance, instance)
		if pause >= retry.DefaultLongest {
			o.yieldSlots(b)
		}
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-arrived:
		return true
	case <-o.over:
		return false
	case <-o.work.Done():
		return false
	}
}

func (o *owner) block(b *inbox) {
	o.mu.Lock()
	b.blocked = true
	o.mu.Unlock()
}

// yieldSlots gives back the slots of the messages of an instance that cannot go
// on, so that it does not hold up the others of its partition.
func (o *owner) yieldSlots(b *inbox) {
	o.mu.Lock()
	n := b.slots
	b.slots = 0
	o.mu.Unlock()
	o.free(n)
}
