package worker_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// stoppingHub stops its worker while it takes a partition: the lease is stored, and
// the answer is lost if the question was cut off.
type stoppingHub struct {
	*memhub.Hub
	stop context.CancelFunc
}

func (h *stoppingHub) Acquire(ctx context.Context, lease, holder string) (uint64, error) {
	revision, err := h.Hub.Acquire(ctx, lease, holder)
	if strings.HasPrefix(lease, "partition.") {
		h.stop()
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	return revision, err
}

// TestWorkerStoppedWhileItTakesAPartitionLeavesNoLease: others need not wait until it
// runs out.
func TestWorkerStoppedWhileItTakesAPartitionLeavesNoLease(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	hub := &stoppingHub{memhub.New(memhub.Config{}), stop}
	s := newFixture(t, hub, registerCollector)
	w, err := worker.New(hub, s.registry, worker.Config{Logger: quiet()})
	require.NoError(t, err)
	require.NoError(t, w.Run(ctx))
	leases, err := hub.WatchLeases(t.Context())
	require.NoError(t, err)
	require.Empty(t, <-leases)
}
