package partition

import (
	"context"
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// lossPause is the shortest pause after a lease was lost: taking the partition over again
// makes work, and a worker that could not renew its lease has too much of that.
const lossPause = time.Second

// hold keeps a partition that this worker has the lease of open until ctx ends: it is opened
// again whenever the delivery breaks off.
func (f *Fleet) hold(ctx, work context.Context, partition int, l *lease) {
	// While a partition is held and not open, nobody knows what is due in it.
	f.monitor.Idle.Begin()
	defer f.monitor.Idle.End()
	f.holding.Store(partition, true)
	defer f.holding.Delete(partition)
	opened := false
	retry.Loop{Reach: f.hub.Reach, Broke: func(err error, next *retry.Pauses) {
		if !errors.Is(err, errLeaseExpired) { // the worker's health tells of that
			f.monitor.Complain("delivery of a partition broke off; trying again", err, monitor.KeyPartition, partition)
		}
		if errors.Is(err, errLeaseLost) {
			next.AtLeast(lossPause)
		}
	}}.Run(ctx, func(ctx context.Context) error {
		o := f.newOwner(work, partition, l, opened)
		err := o.serve(ctx)
		opened = opened || o.opened
		return err
	})
}
