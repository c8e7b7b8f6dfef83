package partition

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// Fleet takes part in the fleet of a hub for one worker: it decides which partitions the
// worker owns. All workers see the same leases, and rendezvous hashing over the living ones
// tells each of them who should own which partition: no one has to be asked, and a worker
// that comes or goes moves only the partitions it gains or leaves behind.
type Fleet struct {
	hub     Hub
	turns   Turns
	monitor *monitor.Monitor
	worker  string
	leases  *leases
	holding sync.Map // the numbers of the partitions whose lease this worker has

	// The rest belongs to the goroutine of Run.
	presence *lease
	view     map[string]string
	owned    map[int]*ownership
	stopped  chan int
	// renewed is when leases were renewed last; cutOff is set if the hub could not be
	// reached then.
	renewed time.Time
	cutOff  bool
	// back is when this worker shows itself again after it was lost, away how long it
	// stays away.
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

// NewFleet returns the part of that worker in the fleet of a hub.
func NewFleet(h Hub, turns Turns, worker string, m *monitor.Monitor) *Fleet {
	return &Fleet{
		hub: h, turns: turns, monitor: m, worker: worker,
		leases: &leases{hub: h, holder: worker, started: time.Now()},
		owned:  map[int]*ownership{}, stopped: make(chan int),
	}
}

// Holds reports whether this worker holds the partition.
func (f *Fleet) Holds(partition int) bool {
	_, holds := f.holding.Load(partition)
	return holds
}

// Run takes part in the fleet until ctx ends; then gives up all partitions, in order, so
// that others can take them at once. Turns are cut off when work ends.
func (f *Fleet) Run(ctx, work context.Context) {
	defer f.leave(ctx)
	tick := time.NewTicker(f.hub.LeaseTTL() / 4)
	defer tick.Stop()
	views := f.watch(ctx)
	f.renew(ctx)
	for ctx.Err() == nil {
		var back <-chan struct{}
		if f.cutOff {
			back = f.hub.Reach()
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
		f.rebalance(ctx, work)
	}
}

func (f *Fleet) watch(ctx context.Context) <-chan map[string]string {
	views, err := f.hub.WatchLeases(ctx)
	if err != nil && ctx.Err() == nil {
		f.monitor.Complain("cannot watch the leases of the hub; trying again", err)
	}
	return views
}

// rebalance takes the partitions that this worker should own and that are free, and gives up
// those that another should own.
func (f *Fleet) rebalance(ctx, work context.Context) {
	if f.presence == nil || !f.presence.valid() || f.view == nil {
		f.monitor.Idle.HoldsAll(false)
		return
	}
	p := planOf(f.worker, f.view, f.hub.Partitions(), f.state)
	for _, partition := range p.giveUp {
		f.giveUp(f.owned[partition])
	}
	hasAll := !p.waits
	for _, partition := range p.take {
		hasAll = f.mayTake(ctx, work, partition) && hasAll
	}
	f.monitor.Idle.HoldsAll(hasAll)
}

func (f *Fleet) state(partition int) owning {
	switch o := f.owned[partition]; {
	case o == nil:
		return notOwned
	case o.leaving:
		return leaving
	}
	return owned
}

// mayTake takes a free partition, and reports whether it could. The leases that are held
// come first: they must not run out meanwhile.
func (f *Fleet) mayTake(ctx, work context.Context, partition int) bool {
	if ctx.Err() != nil || time.Since(f.renewed) > f.hub.LeaseTTL()/3 {
		return false
	}
	err := f.take(ctx, work, partition)
	if err != nil && !errors.Is(err, hub.ErrConflict) {
		f.monitor.Complain("cannot take a partition; trying again", err, monitor.KeyPartition, partition)
	}
	return err == nil
}

// take takes a partition and begins to serve it; it returns [hub.ErrConflict] if another
// still holds it.
func (f *Fleet) take(ctx, work context.Context, partition int) error {
	// An answer may be lost; the leases already held must not run out meanwhile.
	asking, answered := leaseContext(ctx, f.hub.LeaseTTL()/2)
	l, err := f.leases.acquire(asking, leaseOf(partition))
	answered()
	if err != nil {
		return err
	}
	holding, cancel := context.WithCancel(ctx)
	f.owned[partition] = &ownership{lease: l, cancel: cancel}
	go func() {
		f.hold(holding, work, partition, l)
		f.stopped <- partition
	}()
	return nil
}

func (f *Fleet) giveUp(o *ownership) {
	o.leaving = true
	o.cancel()
}

// gone ends an ownership whose turns have finished.
func (f *Fleet) gone(ctx context.Context, partition int) {
	o := f.owned[partition]
	delete(f.owned, partition)
	o.cancel()
	if o.lost {
		return
	}
	if err := o.lease.release(ctx); err != nil {
		f.monitor.Log.Debug("lease was not released and will run out", monitor.KeyPartition, partition, monitor.KeyError, err)
	}
}

// leave gives up everything. The turns at work may finish; leases are kept alive
// meanwhile by their remaining time only, which is enough for turns that end. To a hub that
// is lost nothing is given back: nobody there would answer.
func (f *Fleet) leave(stopped context.Context) {
	for _, o := range f.owned {
		f.giveUp(o)
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.hub.LeaseTTL())
	defer cancel()
	if errors.Is(context.Cause(stopped), hub.ErrHubLost) {
		cancel()
	}
	for len(f.owned) > 0 {
		f.gone(ctx, <-f.stopped)
	}
	if f.presence != nil {
		if err := f.presence.release(ctx); err != nil {
			f.monitor.Log.Debug("presence was not taken back and will run out", monitor.KeyError, err)
		}
	}
}
