package work

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// backlogInterval is how often WatchBacklog looks.
const backlogInterval = time.Second

// WatchBacklog keeps the worker from being idle while messages wait in its queues, here or
// with another worker, until ctx ends. It looks only once [Queues.Ask] was called.
func (w *Queues) WatchBacklog(ctx context.Context) {
	waiting := true
	w.monitor.Idle.Begin()
	defer func() {
		if waiting {
			w.monitor.Idle.End()
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
		if !w.asked.Load() {
			continue
		}
		switch waits := w.isWaiting(ctx); {
		case waits && !waiting:
			w.monitor.Idle.Begin()
			waiting = true
		case !waits && waiting:
			w.monitor.Idle.End()
			waiting = false
		}
	}
}

// Ask makes WatchBacklog look: somebody wants to know whether the worker is idle.
func (w *Queues) Ask() { w.asked.Store(true) }

// isWaiting reports whether a queue has messages, or may have.
func (w *Queues) isWaiting(ctx context.Context) bool {
	for _, q := range w.queues {
		n, err := w.hub.QueueLength(ctx, q.Name)
		if err != nil && ctx.Err() == nil {
			w.monitor.Complain("cannot find out whether messages wait in a queue", err, monitor.KeyQueue, q.Name)
		}
		if err != nil || n > 0 {
			return true
		}
	}
	return false
}
