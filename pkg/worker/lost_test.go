package worker_test

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// newDeadlyActivity returns a fixture whose activity ends the worker that runs it.
func newDeadlyActivity(t *testing.T) *deadly {
	t.Helper()
	return newDeadly(t, memhub.Config{}, func(d *deadly, r *orchestration.Registry) {
		r.Add(orchestration.Activity("Deadly", func(ctx context.Context, _ orchestration.None) (string, error) {
			d.runs.Add(1)
			if kill := d.kill.Swap(nil); kill != nil {
				info, _ := orchestration.ActivityInfoFrom(ctx)
				d.settled(info.InstanceID)
				(*kill)()
			}
			return "survived", nil
		}))
		r.Add(orchestration.Orchestrator("Calls", func(ctx *orchestration.Context, policy *orchestration.RetryPolicy) (string, error) {
			if policy == nil {
				return orchestration.CallActivity[string](ctx, "Deadly", nil).Await()
			}
			return orchestration.CallActivity[string](ctx, "Deadly", nil, orchestration.WithRetry(*policy)).Await()
		}))
	})
}

// settled waits until the turn is over that asked for the activity: cut off before, it
// would ask again.
func (d *deadly) settled(instance string) {
	for d.ctx.Err() == nil {
		if settled, err := d.memory.Settled(d.ctx, instance, math.MaxUint64); settled || err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// requireUnmarked waits until nothing is left of what was noted of the activity.
func (d *deadly) requireUnmarked(id string) {
	d.Helper()
	i, err := d.client.Get(d.ctx, id)
	require.NoError(d, err)
	d.requireNoMark(id, record.ActivityMark(i.Execution, 1))
}

// TestActivityThatEndsItsWorkersFails: it is run so often and no more, whatever its
// retry policy says.
func TestActivityThatEndsItsWorkersFails(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]*orchestration.RetryPolicy{"no policy": nil, "policy without end": {}} {
		for most, config := range map[int]worker.Config{5: {}, 2: {MaxLostRuns: 2}, 1: {MaxLostRuns: 1}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := newDeadlyActivity(t)
				d.start("Calls", policy, "c")
				for range most {
					d.dies(config)
				}
				d.launch(d.hub, config)
				i := d.ends("c")
				require.Equal(t, client.Failed, i.Status)
				require.Equal(t, "WorkerLost", i.Failure.Cause.Type)
				require.Contains(t, i.Failure.Message, `activity "Deadly" is not run again: its worker was lost while it ran`)
				require.EqualValues(t, most, d.runs.Load())
				d.requireUnmarked("c")
			})
		}
	}
}

// TestActivityWhoseWorkersWereLostCompletes: fewer losses than it may have count for
// nothing in the end.
func TestActivityWhoseWorkersWereLostCompletes(t *testing.T) {
	t.Parallel()
	d := newDeadlyActivity(t)
	d.start("Calls", nil, "c")
	for range 4 {
		d.dies(worker.Config{})
	}
	d.work()
	d.completes("c", `"survived"`)
	d.requireUnmarked("c")
}

// TestActivityThatIsGivenBackIsNotLost: workers that stop in order may do so as often
// as they like.
func TestActivityThatIsGivenBackIsNotLost(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		var runs atomic.Int32
		begun, enough := make(chan struct{}), make(chan struct{})
		s.deploy(func(r *orchestration.Registry) {
			r.Add(orchestration.Activity("Long", func(ctx context.Context, _ orchestration.None) (int32, error) {
				n := runs.Add(1)
				select {
				case <-enough:
					return n, nil
				case begun <- struct{}{}:
				}
				select {
				case <-enough:
					return n, nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}))
			r.Add(orchestration.Orchestrator("CallsLong", func(ctx *orchestration.Context, _ orchestration.None) (int32, error) {
				return orchestration.CallActivity[int32](ctx, "Long", nil).Await()
			}))
		})
		require.NoError(s, s.hub.Register(s.ctx, s.registry.Orchestrators()))
		s.start("CallsLong", nil, "c")
		config := worker.Config{DrainTimeout: time.Millisecond, MaxLostRuns: 2}
		const stops = 4
		for range stops {
			_, stop := s.launch(s.hub, config)
			<-begun
			stop()
		}
		close(enough)
		s.launch(s.hub, config)
		i := s.ends("c")
		require.Equal(s, client.Completed, i.Status, "%+v", i.Failure)
		require.EqualValues(s, stops+1, runs.Load())
	})
}

// TestActivityOfAnEndedInstanceIsNotRunAgain: nobody would take its result.
func TestActivityOfAnEndedInstanceIsNotRunAgain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*deadly){
		"terminated": func(d *deadly) {},
		"purged": func(d *deadly) {
			require.NoError(d, d.client.Purge(d.ctx, "c"))
		},
		"replaced": func(d *deadly) {
			_, err := d.client.Start(d.ctx, "Waits", nil, client.WithInstanceID("c"))
			require.NoError(d, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDeadlyActivity(t)
			d.registry.Add(orchestration.Orchestrator("Waits", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
				return orchestration.Event[string]("Never").Wait(ctx).Await()
			}))
			require.NoError(t, d.hub.Register(d.ctx, d.registry.Orchestrators()))
			d.start("Calls", nil, "c")
			d.dies(worker.Config{})

			idler := newFixture(t, d.hub, registerCollector) // has no activities
			idler.start("Collector", 1, "x")
			stop := idler.work()
			require.NoError(t, d.client.Terminate(d.ctx, "c", ""))
			d.ends("c")
			stop()
			end(d)

			d.work()
			require.Eventually(t, func() bool { return d.memory.Activities("Deadly") == 0 }, patience, time.Millisecond)
			require.EqualValues(t, 1, d.runs.Load())
		})
	}
}

// TestActivityOfACompletedInstanceIsRunAgain: its orchestrator need not have waited for
// it, nor has one that continues as new.
func TestActivityOfACompletedInstanceIsRunAgain(t *testing.T) {
	t.Parallel()
	d := newDeadlyActivity(t)
	d.registry.Add(orchestration.Orchestrator("Forgets", func(ctx *orchestration.Context, generation int) (string, error) {
		if generation == 0 {
			orchestration.CallActivity[string](ctx, "Deadly", nil)
		}
		if generation < 2 {
			return "", ctx.ContinueAsNew(generation + 1)
		}
		return "done", nil
	}))
	require.NoError(t, d.hub.Register(d.ctx, d.registry.Orchestrators()))
	d.start("Forgets", 0, "f")
	d.dies(worker.Config{})
	d.completes("f", `"done"`)
	d.work()
	require.Eventually(t, func() bool { return d.memory.Activities("Deadly") == 0 }, patience, time.Millisecond)
	require.EqualValues(t, 2, d.runs.Load())
}

// TestActivitiesUnderSuspicionRunOneAtATime: the end of a worker is to speak against one
// of them alone.
func TestActivitiesUnderSuspicionRunOneAtATime(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		const n = 3
		var suspected atomic.Bool
		var atWork, most atomic.Int32
		begun := make(chan struct{}, n)
		s.deploy(func(r *orchestration.Registry) {
			r.Add(orchestration.Activity("Suspect", func(ctx context.Context, _ orchestration.None) (int, error) {
				if !suspected.Load() {
					begun <- struct{}{}
					<-ctx.Done()
					return 0, ctx.Err()
				}
				most.Store(max(most.Load(), atWork.Add(1)))
				defer atWork.Add(-1)
				time.Sleep(10 * time.Millisecond) // it is at work
				return 1, nil
			}))
			r.Add(orchestration.Orchestrator("CallsAll", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
				var tasks []orchestration.Awaitable
				for range n {
					tasks = append(tasks, orchestration.CallActivity[int](ctx, "Suspect", nil))
				}
				_, err := orchestration.WhenAll(ctx, tasks...).Await()
				return "all", err
			}))
		})
		require.NoError(s, s.hub.Register(s.ctx, s.registry.Orchestrators()))
		s.start("CallsAll", nil, "c")
		_, stop := s.launch(s.hub, worker.Config{DrainTimeout: time.Millisecond})
		for range n {
			<-begun
		}
		i, err := s.client.Get(s.ctx, "c")
		require.NoError(s, err)
		stop()
		for task := range n {
			key := record.ActivityMark(i.Execution, int64(task+1))
			require.NoError(s, s.hub.WriteSegment(s.ctx, "c", key, record.Mark{Runs: 2}.Encode()))
		}
		suspected.Store(true)
		s.work()
		s.completes("c", `"all"`)
		require.EqualValues(s, 1, most.Load())
	})
}
