package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hubtest"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// TestIdleForIsZeroUntilPartitionsAreHeld: what is due in a partition that a dead
// worker's lease still covers is not known yet.
func TestIdleForIsZeroUntilPartitionsAreHeld(t *testing.T) {
	t.Parallel()
	memory := hubtest.NewMemory(hubtest.Config{})
	s := newStage(t, memory, registerCollector)
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
