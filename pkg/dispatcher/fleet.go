package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// fleet decides which partitions this worker holds. All workers of the hub see
// the same leases, and rendezvous hashing over the living ones tells each of them
// who should hold which partition: no one has to be asked, and a worker that
// comes or goes moves only the partitions it gains or leaves behind.
type fleet struct {
	d        *Dispatcher
	presence *lease
	view     map[string]string
	owned    map[int]*ownership
	stopped  chan int
	// renewed is when leases were renewed last; cutOff is set if the hub could not be
	// reached then.
	renewed time.Time
	cutOff  bool
	// back is when this worker shows itself again that was lost, away how long it stays
	// away.
	back time.Time
	away retry.Pauses
}

// ownership is a partition that this worker holds.
type ownership struct {
	lease  *lease
	cancel context.CancelFunc
	// leaving is set once it is being given up, lost when the lease is gone.
	leaving, lost bool
}

const (
	presencePrefix  = "worker."
	partitionPrefix = "partition."
)

// awayMemory is for how long a loss makes the pause after the next one longer.
const awayMemory = time.Minute

func (d *Dispatcher) newFleet() *fleet {
	return &fleet{d: d, owned: map[int]*ownership{}, stopped: make(chan int)}
}

// run takes part in the fleet until ctx ends; then gives up all partitions, in
// order, so that others can take them at once.
func (f *fleet) run(ctx context.Context) {
	defer f.leave(ctx)
	tick := time.NewTicker(f.d.hub.LeaseTTL() / 4)
	defer tick.Stop()
	views := f.watch(ctx)
	f.renew(ctx)
	for ctx.Err() == nil {
		var back <-chan struct{}
		if f.cutOff {
			back = f.d.hub.Reach()
		}
		select {
		case <-ctx.Done():
			return
		case <-back:
			f.renew(ctx) // the leases may have run out meanwhile
		case view, ok := <-views:
			if !ok {
				views = nil // watched again with the next tick
				continue
			}
			f.view = view
		case <-tick.C:
			if views == nil {
				views = f.watch(ctx)
			}
			f.renew(ctx)
		case partition := <-f.stopped:
			f.gone(ctx, partition)
		}
		f.settle(ctx)
	}
}

func (f *fleet) watch(ctx context.Context) <-chan map[string]string {
	views, err := f.d.hub.WatchLeases(ctx)
	if err != nil && ctx.Err() == nil {
		f.d.complain("cannot watch the leases of the hub; trying again", err)
	}
	return views
}

// renew extends all leases at once, and shows this worker's presence if it does
// not show. How that goes is how the worker is.
func (f *fleet) renew(ctx context.Context) {
	f.renewed = time.Now()
	asking, answered := f.asking(ctx, f.d.hub.LeaseTTL()/2)
	defer answered()
	var renewals sync.WaitGroup
	for _, o := range f.owned {
		if o.leaving {
			continue // what does not come to its end shall not keep others from it
		}
		renewals.Go(func() { o.lost = o.lost || errors.Is(f.d.extend(asking, o.lease), hub.ErrConflict) })
	}
	err := f.show(asking)
	renewals.Wait()
	f.d.health.report(err)
	f.cutOff = errors.Is(err, hub.ErrUnreachable) && f.d.isInterrupted()
	if err != nil {
		f.d.doubt()
	}
	for partition, o := range f.owned {
		if o.lost && !o.leaving {
			f.d.complain("a partition was lost to another worker", errLeaseLost, keyPartition, partition)
			f.giveUp(o)
		}
	}
}

// show shows this worker's presence. Where that has run out, the others have seen this
// worker go: it stays away for a while, since what they have taken over they would give
// back at once.
func (f *fleet) show(ctx context.Context) error {
	if f.presence != nil && !f.presence.valid() && !f.cutOff && f.hasOthers() {
		f.presence = nil
		f.away.AtLeast(lossPause)
		f.back = time.Now().Add(f.away.Next())
	}
	if time.Now().Before(f.back) {
		return nil
	}
	if f.presence != nil {
		err := f.d.extend(ctx, f.presence)
		if time.Since(f.back) > awayMemory {
			f.away.Reset()
		}
		if !errors.Is(err, hub.ErrConflict) {
			return err
		}
		f.presence = nil
	}
	presence, err := f.d.acquire(ctx, presencePrefix+f.d.config.WorkerID)
	if err != nil {
		return fmt.Errorf("join the fleet of the hub: %w", err)
	}
	f.presence = presence
	return nil
}

// asking returns a context for a question about leases. Being stopped does not cut it
// off: a lease whose answer is not heard could not be given back.
func (f *fleet) asking(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

// settle takes what this worker should hold and is free, and gives up what
// another should hold.
func (f *fleet) settle(ctx context.Context) {
	settled := f.presence != nil && f.presence.valid() && f.view != nil
	defer func() { f.d.idle.settle(settled) }()
	if !settled {
		return
	}
	workers := f.workers()
	for partition := range f.d.hub.Partitions() {
		mine := chosen(partition, workers) == f.d.config.WorkerID
		o := f.owned[partition]
		switch {
		case mine && o == nil:
			settled = f.mayTake(ctx, partition) && settled
		case mine && o.leaving:
			settled = false // taken again when it is gone
		case !mine && o != nil:
			f.giveUp(o)
		}
	}
}

// mayTake takes a partition if it is to be had, and reports whether it was. The
// leases that are held come first: they must not run out meanwhile.
func (f *fleet) mayTake(ctx context.Context, partition int) bool {
	if ctx.Err() != nil || time.Since(f.renewed) > f.d.hub.LeaseTTL()/3 {
		return false
	}
	err := f.take(ctx, partition)
	if err != nil && !errors.Is(err, hub.ErrConflict) {
		f.d.complain("cannot take a partition; trying again", err, keyPartition, partition)
	}
	return err == nil
}

// take takes a partition and begins to serve it; it returns [hub.ErrConflict]
// if another still holds it.
func (f *fleet) take(ctx context.Context, partition int) error {
	name := fmt.Sprintf("%s%d", partitionPrefix, partition)
	if holder := f.view[name]; holder != "" && holder != f.d.config.WorkerID {
		return hub.ErrConflict
	}
	// An answer may be lost; the leases already held must not run out meanwhile.
	asking, answered := f.asking(ctx, f.d.hub.LeaseTTL()/2)
	l, err := f.d.acquire(asking, name)
	answered()
	if err != nil {
		return err
	}
	owned, cancel := context.WithCancel(ctx)
	f.owned[partition] = &ownership{lease: l, cancel: cancel}
	go func() {
		f.d.hold(owned, partition, l)
		f.stopped <- partition
	}()
	return nil
}

func (f *fleet) giveUp(o *ownership) {
	o.leaving = true
	o.cancel()
}

// gone ends an ownership whose turns have finished.
func (f *fleet) gone(ctx context.Context, partition int) {
	o := f.owned[partition]
	delete(f.owned, partition)
	o.cancel()
	if o.lost {
		return
	}
	if err := o.lease.release(ctx); err != nil {
		f.d.log.Debug("lease was not released and will run out", keyPartition, partition, keyError, err)
	}
}

// leave gives up everything. The turns at work may finish; leases are kept alive
// meanwhile by their remaining time only, which is enough for turns that end. To a hub that
// is lost nothing is given back: nobody there would answer.
func (f *fleet) leave(stopped context.Context) {
	for _, o := range f.owned {
		f.giveUp(o)
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.d.hub.LeaseTTL())
	defer cancel()
	if errors.Is(context.Cause(stopped), hub.ErrHubLost) {
		cancel()
	}
	for len(f.owned) > 0 {
		f.gone(ctx, <-f.stopped)
	}
	if f.presence != nil {
		if err := f.presence.release(ctx); err != nil {
			f.d.log.Debug("presence was not taken back and will run out", keyError, err)
		}
	}
}

// hasOthers reports whether there are other workers.
func (f *fleet) hasOthers() bool {
	return slices.ContainsFunc(f.workers(), func(worker string) bool { return worker != f.d.config.WorkerID })
}

func (f *fleet) workers() []string {
	workers := []string{f.d.config.WorkerID}
	for name := range f.view {
		if worker, ok := strings.CutPrefix(name, presencePrefix); ok {
			workers = append(workers, worker)
		}
	}
	return workers
}

// chosen returns which of the workers should hold the partition: the one whose
// hash with it is highest. The order of workers does not matter.
func chosen(partition int, workers []string) string {
	var best string
	var highest uint64
	for _, worker := range workers {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s/%d", worker, partition)
		weight := mix(h.Sum64())
		if best == "" || weight > highest || (weight == highest && worker > best) {
			best, highest = worker, weight
		}
	}
	return best
}

// mix spreads the last bytes hashed over all bits (the finalizer of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
