package dispatcher

import (
	"context"
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

// hold serves a partition until ctx ends, taking it over again whenever the
// delivery breaks off.
func (d *Dispatcher) hold(ctx context.Context, partition int, l *lease) {
	// Of a partition that is held and not open it is not known what is due.
	d.idle.begin()
	defer d.idle.end()
	d.held.Store(partition, true)
	defer d.held.Delete(partition)
	opened := false
	d.keep(ctx, "delivery of a partition broke off", func(ctx context.Context) error {
		t := d.newTenure(partition, l, opened)
		err := t.serve(ctx)
		opened = opened || t.opened
		return err
	}, keyPartition, partition)
}

// keep calls run again whenever it returns before ctx ends: when the hub can be reached
// again, where that was the reason, and else after a pause.
func (d *Dispatcher) keep(ctx context.Context, broke string, run func(context.Context) error, attributes ...any) {
	retry.Loop{Reach: d.hub.Reach, Broke: func(err error, next *retry.Pauses) {
		if !errors.Is(err, errLeaseExpired) { // of which the worker's health tells
			d.complain(broke+"; trying again", err, attributes...)
		}
		if errors.Is(err, errLeaseLost) {
			next.AtLeast(lossPause)
		}
	}}.Run(ctx, run)
}

// lossPause is the shortest pause after a lease was lost: taking the partition over again
// makes work, and a worker that could not renew its lease has too much of that.
const lossPause = time.Second

// isInterrupted reports whether the hub cannot be reached just now.
func (d *Dispatcher) isInterrupted() bool {
	select {
	case <-d.hub.Reach():
		return false
	default:
		return true
	}
}
