package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// twoSteps calls the activity of that name between two events.
func twoSteps(activity string) func(*orchestration.Registry) {
	return func(r *orchestration.Registry) {
		step := func(_ context.Context, s string) (string, error) { return s, nil }
		r.Add(orchestration.Activity("First", step))
		r.Add(orchestration.Activity("Other", step))
		r.Add(orchestration.Orchestrator("TwoSteps", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			before, err := orchestration.CallActivity[string](ctx, activity, "a").Await()
			if err != nil {
				return "", err
			}
			after, err := orchestration.Event[string]("Second").Wait(ctx).Await()
			return before + after, err
		}))
	}
}

// deploy replaces the code that the next worker of the fixture runs.
func (s *fixture) deploy(register func(*orchestration.Registry)) {
	s.registry = &orchestration.Registry{Logger: quiet()}
	register(s.registry)
}

func (s *fixture) blocked(id string) *client.Instance {
	s.Helper()
	return s.until(id, func(i *client.Instance) bool { return i.Blocked != "" })
}

// goesAstray starts TwoSteps as "t", and lets other code go on with it.
func (s *fixture) goesAstray() (blocked *client.Instance, stop func()) {
	s.Helper()
	stop = s.work()
	s.start("TwoSteps", nil, "t")
	s.waits("t", "Second")
	stop()
	s.deploy(twoSteps("Other"))
	stop = s.work()
	s.raise("t", "Second", `"b"`)
	return s.blocked("t"), stop
}

func TestNonDeterminismBlocksVisiblyAndHeals(t *testing.T) {
	t.Parallel()
	each(t, twoSteps("First"), func(s *fixture) {
		i, stop := s.goesAstray()
		require.Equal(s, client.Running, i.Status)
		require.Equal(s, `non-determinism at history event 2: history says TaskScheduled #1 "First", the code asked for TaskScheduled #1 "Other"`, i.Blocked)
		require.Equal(s, 3, i.Events, "the history is as it was")
		stop()

		s.deploy(twoSteps("First"))
		s.work()
		i = s.completes("t", `"ab"`)
		require.Empty(s, i.Blocked)
	})
}

func TestInstanceWithoutCodeWaitsForIt(t *testing.T) {
	t.Parallel()
	each(t, twoSteps("First"), func(s *fixture) {
		s.deploy(registerCollector)
		stop := s.work()
		s.start("TwoSteps", nil, "t") // registered by another worker once
		s.raise("t", "Second", `"b"`)
		i := s.blocked("t")
		require.Equal(s, client.Pending, i.Status)
		require.Contains(s, i.Blocked, `orchestrator "TwoSteps": not registered`)
		stop()

		s.deploy(twoSteps("First"))
		s.work()
		s.completes("t", `"ab"`)
	})
}

func TestBlockedInstanceCanBeTerminated(t *testing.T) {
	t.Parallel()
	each(t, twoSteps("First"), func(s *fixture) {
		s.goesAstray()
		require.NoError(s, s.client.Terminate(s.ctx, "t", "no hope"))
		i := s.ends("t")
		require.Equal(s, client.Terminated, i.Status)
		require.JSONEq(s, `"no hope"`, string(i.Output))
	})
}

func TestPanicsFailTheInstanceNotTheWorker(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		registerCollector(r)
		r.Add(orchestration.Activity("Panic", func(context.Context, orchestration.None) (int, error) { panic("activity gone") }))
		r.Add(orchestration.Orchestrator("Panics", func(ctx *orchestration.Context, here bool) (int, error) {
			if here {
				panic("orchestrator gone")
			}
			return orchestration.CallActivity[int](ctx, "Panic", nil).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Panics", true, "here")
		s.start("Panics", false, "there")
		for id, message := range map[string]string{"here": "orchestrator gone", "there": "activity gone"} {
			i := s.ends(id)
			require.Equal(s, client.Failed, i.Status)
			require.Contains(s, i.Failure.Message, message)
			stack := ""
			for f := i.Failure; f != nil; f = f.Cause {
				stack += f.Stack
			}
			require.Contains(s, stack, "blocked_test.go")
		}
		s.start("Collector", 1, "c")
		s.raise("c", "Item", "1")
		s.completes("c", "[1]")
	})
}

func TestContinueAsNewWithoutEndFails(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Spin", func(ctx *orchestration.Context, n int) (int, error) {
			return 0, ctx.ContinueAsNew(n + 1)
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Spin", 1, "s")
		i := s.ends("s")
		require.Equal(s, client.Failed, i.Status)
		require.Contains(s, i.Failure.Message, "without waiting for anything")
	})
}

func TestLargeFanOutInOneTurn(t *testing.T) {
	t.Parallel()
	const n, size = 60, 100_000
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Length", func(_ context.Context, s string) (int, error) { return len(s), nil }))
		r.Add(orchestration.Orchestrator("Wide", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			var tasks []*orchestration.Task[int]
			for range n {
				tasks = append(tasks, orchestration.CallActivity[int](ctx, "Length", strings.Repeat("x", size)))
			}
			sum := 0
			for _, task := range tasks {
				length, err := task.Await()
				if err != nil {
					return 0, err
				}
				sum += length
			}
			return sum, nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Wide", nil, "w") // 6 MB in one turn, where a value holds 1
		s.completes("w", "6000000")
	})
}

func TestTooLargeAnswersAreFailures(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		huge := strings.Repeat("x", 300_000)
		r.Add(orchestration.Activity("Huge", func(context.Context, orchestration.None) (string, error) { return huge, nil }))
		r.Add(orchestration.Orchestrator("HugeResult", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			return orchestration.CallActivity[string](ctx, "Huge", nil).Await()
		}))
		r.Add(orchestration.Orchestrator("HugeOutput", func(*orchestration.Context, orchestration.None) (string, error) {
			return huge, nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		for _, name := range []string{"HugeResult", "HugeOutput"} {
			s.start(name, nil, name)
			i := s.ends(name)
			require.Equal(s, client.Failed, i.Status)
			require.Contains(s, i.Failure.Message, fmt.Sprintf("bytes, the hub's limit is %d", s.hub.MaxPayload()))
		}
	})
}

func TestStateThatTheHubCannotStoreFailsTheInstance(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Length", func(_ context.Context, s string) (int, error) { return len(s), nil }))
		r.Add(orchestration.Orchestrator("Scatter", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			for range 20 { // of a generation that is closed, nothing can be sealed
				orchestration.CallActivity[int](ctx, "Length", strings.Repeat("x", 100_000))
			}
			return 0, ctx.ContinueAsNew(nil)
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Scatter", nil, "s")
		i := s.ends("s")
		require.Equal(s, client.Failed, i.Status)
		require.Contains(s, i.Failure.Message, "keep what is large elsewhere")
	})
}

// A host may be set so that code that does not agree with the history fails the
// instance at once.
func TestNonDeterminismFailsWhereTheHostIsSetSo(t *testing.T) {
	t.Parallel()
	each(t, twoSteps("First"), func(s *fixture) {
		stop := s.work()
		s.start("TwoSteps", nil, "t")
		s.waits("t", "Second")
		stop()
		s.deploy(twoSteps("Other"))
		s.launch(s.hub, worker.Config{CacheSize: s.cache, FailOnNonDeterminism: true})
		s.raise("t", "Second", `"b"`)
		i := s.ends("t")
		require.Equal(s, client.Failed, i.Status)
		require.Equal(s, "*orchestration.NonDeterminismError", i.Failure.Type)
		require.Contains(s, i.Failure.Message, `history says TaskScheduled #1 "First"`)
	})
}
