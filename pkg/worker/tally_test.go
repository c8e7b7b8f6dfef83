package worker_test

import (
	"context"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// tally counts the turns that workers have stored.
type tally struct {
	mu           sync.Mutex
	turns, ended int
	changed      chan struct{}
}

func newTally() *tally { return &tally{changed: make(chan struct{}, 1)} }

func (c *tally) add(v *record.InstanceRecord) {
	c.mu.Lock()
	c.turns++
	if v.Status.Ended() {
		c.ended++
	}
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *tally) count() (turns, ended int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turns, c.ended
}

// tellingHub tells of each commit that a worker makes.
type tellingHub struct {
	worker.Hub
	tell func(*record.InstanceRecord)
}

func (h tellingHub) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	revision, err := h.Hub.Commit(ctx, instance, v, expected)
	if err == nil {
		h.tell(v)
	}
	return revision, err
}
