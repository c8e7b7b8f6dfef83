package worker_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// wrongClock is a computer's clock that is wrong by a time that the test sets.
type wrongClock struct{ ahead atomic.Int64 }

func (c *wrongClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// clocks are two workers with a client, each on a computer of its own with a clock of its
// own: a worker's is slow, the other's jumps, and the client's is behind.
type clocks struct {
	*fixture
	slow, jumping, behind wrongClock
}

func newClocks(t *testing.T, register func(*orchestration.Registry)) *clocks {
	t.Helper()
	c := &clocks{}
	c.slow.ahead.Store(int64(-2 * time.Second))
	c.behind.ahead.Store(int64(-time.Hour))
	first := natstest.OpenShared(t, jetstream.Config{Clock: c.slow.now})
	other := func(clock *wrongClock) *jetstream.Hub {
		return natstest.OpenWith(t, natstest.Connect(t, natstest.Shared(t)), jetstream.Config{Name: first.Name(), Clock: clock.now})
	}
	c.fixture = newFixture(t, first, register)
	c.client = client.New(other(&c.behind))
	c.workOn(first)
	c.workOn(other(&c.jumping))
	return c
}

const nap = time.Second

// twoNaps sleeps when it is told to, twice.
func twoNaps(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("TwoNaps", func(ctx *orchestration.Context, _ any) (string, error) {
		for _, name := range []string{"One", "Two"} {
			if _, err := orchestration.Event[any](name).Wait(ctx).Await(); err != nil {
				return "", err
			}
			ctx.SetCustomStatus("asleep " + name)
			if _, err := orchestration.CreateTimer(ctx, nap).Await(); err != nil {
				return "", err
			}
			ctx.SetCustomStatus("awake " + name)
		}
		return "rested", nil
	}))
}

// sleep raises the event on all instances and waits until their naps are over, which must
// neither be short nor last.
func (c *clocks) sleep(ids []string, event string) {
	c.Helper()
	raised := map[string]time.Time{}
	for _, id := range ids {
		raised[id] = time.Now()
		c.raise(id, event, "")
	}
	for _, id := range ids {
		i := c.until(id, func(i *client.Instance) bool { return string(i.CustomStatus) == fmt.Sprintf("%q", "awake "+event) })
		took := i.Updated.Sub(raised[id]) // the server's clock is right
		require.GreaterOrEqual(c, took, nap, "the timer of %s was early", id)
		require.Less(c, took, nap+patience/2, "the timer of %s was late", id)
	}
}

// Timers of workers whose clocks are wrong are neither early nor late.
func TestTimersOfWorkersWithWrongClocks(t *testing.T) {
	t.Parallel()
	c := newClocks(t, twoNaps)
	var ids []string
	for n := range 16 { // as many as there are partitions, so that both workers have some
		id := fmt.Sprintf("i%d", n)
		c.start("TwoNaps", nil, id)
		ids = append(ids, id)
	}
	c.jumping.ahead.Store(int64(time.Hour))
	c.sleep(ids, "One")
	c.jumping.ahead.Store(0)
	c.sleep(ids, "Two")
	for _, id := range ids {
		c.completes(id, `"rested"`)
	}
}

// The times that a client makes of durations, and that workers read, do not depend on their
// clocks.
func TestDurationsWithWrongClocks(t *testing.T) {
	t.Parallel()
	c := newClocks(t, twoNaps)
	c.jumping.ahead.Store(int64(time.Hour))
	for n := range 16 {
		id := fmt.Sprintf("i%d", n)
		outcome, err := c.client.RaiseWithReceipt(c.ctx, id, "One", nil, client.WithKeepFor(10*time.Minute))
		require.NoError(t, err)
		require.Equal(t, client.Kept, outcome, "the event for %s", id)
	}
	began := time.Now()
	_, err := c.client.Start(c.ctx, "TwoNaps", nil, client.WithInstanceID("later"), client.WithStartAfter(nap))
	require.NoError(t, err)
	i := c.waits("later", "One")
	require.WithinRange(t, i.Created, began.Add(-time.Second), time.Now())
	require.GreaterOrEqual(t, i.Updated.Sub(began), nap)
}
