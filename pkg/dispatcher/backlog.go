package dispatcher

import (
	"context"
	"sync/atomic"
	"time"
)

// backlog keeps the dispatcher from being idle while messages wait in its queues,
// here or with another worker. It looks only once somebody asks.
type backlog struct{ asked atomic.Bool }

// backlogInterval is how often it looks.
const backlogInterval = time.Second

// watchBacklog looks after the queues until ctx ends.
func (d *Dispatcher) watchBacklog(ctx context.Context) {
	waiting := true
	d.idle.begin()
	defer func() {
		if waiting {
			d.idle.end()
		}
	}()
	tick := time.NewTicker(backlogInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !d.backlog.asked.Load() {
			continue
		}
		switch waits := d.isWaiting(ctx); {
		case waits && !waiting:
			d.idle.begin()
			waiting = true
		case !waits && waiting:
			d.idle.end()
			waiting = false
		}
	}
}

// isWaiting reports whether a queue has messages, or may have.
func (d *Dispatcher) isWaiting(ctx context.Context) bool {
	for _, q := range d.config.Queues {
		n, err := d.hub.QueueLength(ctx, q.Name)
		if err != nil && ctx.Err() == nil {
			d.complain("it is not known whether messages wait in a queue", err, keyQueue, q.Name)
		}
		if err != nil || n > 0 {
			return true
		}
	}
	return false
}
