package main

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// hesitant is a hub whose commits take their time: a worker on it that is stopped
// is most likely stopped between the load and the commit of its turns, and commits
// when it goes on what was true when it was stopped.
type hesitant struct {
	*jetstream.Hub
	delay time.Duration
}

// Commit is the hub's, later.
func (h hesitant) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	select {
	case <-time.After(h.delay):
		return h.Hub.Commit(ctx, instance, v, expected)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
