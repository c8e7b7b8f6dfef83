package worker_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// TestIdleForIsZeroUntilPartitionsAreHeld: what is due in a partition that a dead
// worker's lease still covers is not known yet.
func TestIdleForIsZeroUntilPartitionsAreHeld(t *testing.T) {
	t.Parallel()
	memory := memhub.New(memhub.Config{})
	s := newFixture(t, memory, registerCollector)
	w, err := worker.New(memory, s.registry, worker.Config{})
	require.NoError(t, err)
	require.Zero(t, w.IdleFor(), "before it runs")

	_, err = memory.Acquire(s.ctx, "partition.3", "dead")
	require.NoError(t, err)
	leases, err := memory.WatchLeases(s.ctx)
	require.NoError(t, err)
	w, _ = s.launch(memory, worker.Config{})
	for held := 0; held < memory.Partitions(); {
		held = 0
		for lease := range <-leases {
			if strings.HasPrefix(lease, "partition.") {
				held++
			}
		}
	}
	require.Zero(t, w.IdleFor())
	memory.ExpireLeases("dead")
	require.Eventually(t, func() bool { return w.IdleFor() > 0 }, patience, time.Millisecond)
}

// closedPartition is a hub one partition of which cannot be opened for a while.
type closedPartition struct {
	*memhub.Hub
	tried chan struct{}
	open  atomic.Bool
}

func (h *closedPartition) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	if partition == 3 && !h.open.Load() {
		h.tried <- struct{}{}
		return nil, errors.New("not now")
	}
	return h.Hub.Open(ctx, partition, deliver)
}

// TestIdleForIsZeroUntilPartitionsAreOpen: a lease alone does not tell what is due.
func TestIdleForIsZeroUntilPartitionsAreOpen(t *testing.T) {
	t.Parallel()
	hub := &closedPartition{Hub: memhub.New(memhub.Config{}), tried: make(chan struct{})}
	s := newFixture(t, hub, registerCollector)
	w, _ := s.launch(hub, worker.Config{})
	for range 3 {
		<-hub.tried
		require.Zero(t, w.IdleFor())
	}
	hub.open.Store(true)
	select {
	case <-hub.tried:
	default:
	}
	require.Eventually(t, func() bool { return w.IdleFor() > 0 }, patience, time.Millisecond)
}
