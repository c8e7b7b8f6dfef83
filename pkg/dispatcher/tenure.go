package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// tenure is the time from taking a partition over to giving it up. Within it the
// messages of an instance are accepted in the order the hub stored them, without
// gaps, so that a watermark can stand for all of them.
//
// Each instance that has messages has a box and one goroutine that takes its
// turns, one at a time; turns of different instances overlap freely.
type tenure struct {
	d         *Dispatcher
	partition int
	lease     *lease
	// trusting is set where this worker had the partition before: what it was at work on
	// then it has not died of.
	trusting bool
	opened   bool

	slots chan struct{}
	turns sync.WaitGroup
	// over is closed when nothing more is to be accepted, lost when that is
	// because the lease ran out.
	over     chan struct{}
	overOnce sync.Once

	mu    sync.Mutex
	boxes map[string]*box
	lost  error
}

const (
	// mostHeld is how many messages of one partition are held in memory.
	mostHeld = 1024
	// blockedRetry is how often a blocked instance is tried again.
	blockedRetry = 30 * time.Second
)

func (d *Dispatcher) newTenure(partition int, l *lease, trusting bool) *tenure {
	return &tenure{
		d: d, partition: partition, lease: l, trusting: trusting,
		slots: make(chan struct{}, mostHeld),
		over:  make(chan struct{}),
		boxes: map[string]*box{},
	}
}

// serve holds the partition until ctx ends, the hub ends the delivery or the
// lease is lost; then lets the turns at work finish.
func (t *tenure) serve(ctx context.Context) error {
	if !t.lease.valid() {
		return errLeaseExpired
	}
	session, err := t.d.hub.Open(ctx, t.partition, t.accept)
	if err != nil {
		return fmt.Errorf("open partition %d: %w", t.partition, err)
	}
	t.opened = true
	t.d.gate.expect()
	t.d.idle.end()
	defer t.d.idle.begin()
	select {
	case <-ctx.Done():
	case <-session.Done():
	case <-t.over:
	}
	t.end(nil)
	session.Stop()
	t.turns.Wait()
	t.d.cache.dropPartition(t.partition)
	t.leave(ctx, session)
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.lost, session.Err())
}

// leave tells the hub that all turns have come back, unless some have yet to begin that an
// earlier owner may have died of. Where the delivery broke off the hub may not be there,
// and who opens the partition next is most likely this worker.
func (t *tenure) leave(ctx context.Context, session hub.PartitionSession) {
	if session.Err() != nil || t.hasSuspects() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.d.hub.LeaseTTL()/2)
	defer cancel()
	if err := session.Leave(ctx); err != nil {
		t.d.log.Debug("it was not noted that a partition is given up in order", keyPartition, t.partition, keyError, err)
	}
}

func (t *tenure) hasSuspects() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.boxes {
		if len(b.pending) > 0 && b.pending[0].Again && !b.blocked {
			return true
		}
	}
	return false
}

func (t *tenure) end(cause error) {
	t.overOnce.Do(func() {
		t.mu.Lock()
		t.lost = cause
		t.mu.Unlock()
		close(t.over)
	})
}

func (t *tenure) expired() error {
	return fmt.Errorf("partition %d: %w", t.partition, errLeaseLost)
}

var (
	// errLeaseExpired: a partition cannot be opened before its lease is renewed.
	errLeaseExpired = errors.New("the lease has run out and is not renewed yet")
	// errLeaseLost: the lease ran out while the partition was open.
	errLeaseLost = errors.New("the lease ran out before it was renewed")
)

// accept takes a message from the hub into its instance's box. It blocks while
// the tenure holds as much as it may. What is not accepted is not lost: it comes
// again to whoever opens the partition next.
func (t *tenure) accept(m hub.Delivery) {
	select {
	case <-t.over:
		return
	case t.slots <- struct{}{}:
	}
	if !t.lease.valid() {
		t.end(t.expired())
		return
	}
	m.Again = m.Again && !t.trusting
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[m.Instance]
	idle := b == nil
	if idle {
		b = &box{arrived: make(chan struct{}, 1)}
		t.boxes[m.Instance] = b
	}
	if !b.add(m) {
		<-t.slots
		return
	}
	b.slots++
	if idle {
		t.turns.Add(1)
		t.d.idle.begin()
		go t.work(m.Instance, b)
	}
}

// work takes turns for one instance until its box is empty.
func (t *tenure) work(instance string, b *box) {
	defer t.turns.Done()
	defer t.d.idle.end()
	var pauses retry.Pauses
	for {
		if !t.lease.valid() { // this process may have been stopped for long
			t.end(t.expired())
		}
		batch := t.next(instance, b)
		if batch == nil {
			return
		}
		n, err := t.d.turn(t.d.work, t.partition, batch, t.over)
		t.done(b, n)
		if err == nil {
			pauses.Reset()
			continue
		}
		if !t.wait(b, pauses.Next(), instance, err) {
			return
		}
	}
}

// next returns the batch for the next turn, nil if there is none and the
// goroutine must end.
func (t *tenure) next(instance string, b *box) []hub.Delivery {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.over:
		return nil
	default:
	}
	if len(b.pending) == 0 {
		delete(t.boxes, instance)
		return nil
	}
	return b.batch()
}

// done removes the first n messages from the box.
func (t *tenure) done(b *box, n int) {
	t.mu.Lock()
	b.pending = b.pending[n:]
	free := min(n, b.slots)
	b.slots -= free
	t.mu.Unlock()
	t.free(free)
}

// free gives slots back.
func (t *tenure) free(n int) {
	for range n {
		<-t.slots
	}
}

// wait logs why a turn failed and waits before it is tried again; it reports
// false if there is to be no other try.
func (t *tenure) wait(b *box, pause time.Duration, instance string, err error) bool {
	var blocked *blockedError
	var arrived chan struct{}
	switch {
	case t.d.work.Err() != nil, errors.Is(err, errOver):
		return false
	case errors.Is(err, hub.ErrConflict):
		t.d.log.Debug("another worker changed the instance; loading it again", keyInstance, instance)
	case errors.As(err, &blocked):
		t.d.log.Error("instance is blocked; its messages are kept", keyInstance, instance, keyError, blocked.err)
		pause, arrived = blockedRetry, b.arrived
		t.block(b)
		t.yieldSlots(b)
	default:
		t.d.complain("turn failed; trying again", err, keyInstance, instance)
		if pause >= retry.DefaultLongest {
			t.yieldSlots(b)
		}
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-arrived:
		return true
	case <-t.over:
		return false
	case <-t.d.work.Done():
		return false
	}
}

func (t *tenure) block(b *box) {
	t.mu.Lock()
	b.blocked = true
	t.mu.Unlock()
}

// yieldSlots gives back the slots of the messages of an instance that cannot go
// on, so that it does not hold up the others of its partition.
func (t *tenure) yieldSlots(b *box) {
	t.mu.Lock()
	n := b.slots
	b.slots = 0
	t.mu.Unlock()
	t.free(n)
}
