package worker_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// deadly is a fixture with code that ends the worker which runs it, by calling kill, for as
// long as kill is set. The code counts its runs.
type deadly struct {
	*fixture
	memory *memhub.Hub
	kill   atomic.Pointer[func()]
	runs   atomic.Int32
}

func newDeadly(t *testing.T, config memhub.Config, register func(*deadly, *orchestration.Registry)) *deadly {
	t.Helper()
	d := &deadly{memory: memhub.New(config)}
	d.fixture = newFixture(t, d.memory, func(r *orchestration.Registry) { register(d, r) })
	return d
}

// dies runs a worker until the code ends it. Everything that the worker held is free then.
func (d *deadly) dies(config worker.Config) {
	d.Helper()
	faulty := hubfaults.New(d.memory)
	kill := faulty.Kill
	d.kill.Store(&kill)
	defer d.kill.Store(nil)
	config.ID, config.DrainTimeout, config.CacheSize = "mortal", time.Millisecond, d.cache
	_, stop := d.launch(registering{faulty, d.memory}, config)
	select {
	case <-faulty.Killed():
	case <-d.ctx.Done():
		require.Fail(d, "the code was not run")
	}
	stop()
	faulty.Wait()
	d.memory.ExpireLeases("mortal")
	d.memory.Redeliver()
}

// requireNoMark waits until the mark that was kept of the code's runs is gone.
func (d *deadly) requireNoMark(id, key string) {
	d.Helper()
	require.Eventually(d, func() bool {
		_, err := d.hub.ReadSegments(d.ctx, id, []string{key})
		return errors.Is(err, hub.ErrNotFound)
	}, patience, time.Millisecond, "the mark is still there")
}
