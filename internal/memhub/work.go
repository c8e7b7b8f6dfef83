package memhub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// work keeps the promises of [hub.Work].
type work struct{ *state }

// Work hands out activities; see hub.Work. The end of ctx does not end the session.
func (w *work) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	if limit < 1 {
		return nil, fmt.Errorf("activity %q: limit %d is less than 1", activity, limit)
	}
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	return w.queue(activity).open(limit, handle), nil
}

// Activities returns how many activities of that name are not acknowledged.
func (w *work) Activities(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue(name).jobs)
}

// KeepAliveInterval returns the configured time.
func (w *work) KeepAliveInterval() time.Duration { return w.config.KeepAliveInterval }

// queue returns the queue of that activity, and makes the queue at the first call.
func (w *work) queue(name string) *workQueue {
	q := w.workQueues[name]
	if q == nil {
		q = newWorkQueue(w.state)
		w.workQueues[name] = q
	}
	return q
}

// sortedQueues returns the queues of all activities, by name.
func (w *work) sortedQueues() []*workQueue {
	var sorted []*workQueue
	for _, name := range slices.Sorted(maps.Keys(w.workQueues)) {
		sorted = append(sorted, w.workQueues[name])
	}
	return sorted
}
