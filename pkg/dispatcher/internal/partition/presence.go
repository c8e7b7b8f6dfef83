package partition

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// awayMemory is for how long a loss makes the pause after the next one longer.
const awayMemory = time.Minute

// renew extends all leases at once, and shows this worker's presence if it does not show.
// The outcome is the worker's health.
func (f *Fleet) renew(ctx context.Context) {
	f.renewed = time.Now()
	asking, answered := leaseContext(ctx, f.hub.LeaseTTL()/2)
	defer answered()
	var renewals sync.WaitGroup
	for _, o := range f.owned {
		if o.leaving {
			continue // a turn that does not end shall not keep others from the partition
		}
		renewals.Go(func() { o.lost = o.lost || errors.Is(f.leases.extend(asking, o.lease), hub.ErrConflict) })
	}
	err := f.show(asking)
	renewals.Wait()
	f.monitor.Health.Report(err)
	f.cutOff = errors.Is(err, hub.ErrUnreachable) && f.monitor.IsInterrupted()
	if err != nil {
		f.monitor.Doubt()
	}
	for partition, o := range f.owned {
		if o.lost && !o.leaving {
			f.monitor.Complain("a partition was lost to another worker", errLeaseLost, monitor.KeyPartition, partition)
			f.giveUp(o)
		}
	}
}

// show shows this worker's presence. If that has run out, the others have seen this worker
// go. It stays away for a while, since it would take back at once the partitions that they
// have just taken over.
func (f *Fleet) show(ctx context.Context) error {
	if f.presence != nil && !f.presence.valid() && !f.cutOff && hasOthers(f.view, f.worker) {
		f.presence = nil
		f.away.AtLeast(lossPause)
		f.back = time.Now().Add(f.away.Next())
	}
	if time.Now().Before(f.back) {
		return nil
	}
	if f.presence != nil {
		err := f.leases.extend(ctx, f.presence)
		if time.Since(f.back) > awayMemory {
			f.away.Reset()
		}
		if !errors.Is(err, hub.ErrConflict) {
			return err
		}
		f.presence = nil
	}
	presence, err := f.leases.acquire(ctx, presencePrefix+f.worker)
	if err != nil {
		return fmt.Errorf("join the fleet of the hub: %w", err)
	}
	f.presence = presence
	return nil
}

// leaseContext returns a context for a request about leases. Stopping the worker does not end it:
// a lease whose answer is not heard could not be given back. Losing the hub does: nobody there
// would answer.
func leaseContext(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), hub.ErrHubLost) {
			cancel()
		}
	})
	return asking, func() {
		stop()
		cancel()
	}
}
