package worker_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// TestStuckOrchestratorIsLeftBehind: it shows as blocked, with the line it is at;
// others go on, it can be terminated, the worker can be stopped, and what it took in
// is taken in again when its code has come back.
func TestStuckOrchestratorIsLeftBehind(t *testing.T) {
	t.Parallel()
	for _, setting := range settings {
		t.Run(setting.name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			s := newFixture(t, setting.open(t), func(r *orchestration.Registry) {
				registerCollector(r)
				r.StuckAfter = 200 * time.Millisecond
				r.Add(orchestration.Orchestrator("Stuck", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
					word, err := orchestration.Event[string]("Word").Wait(ctx).Await()
					<-release
					return word, err
				}))
			})
			s.cache = setting.cache
			stop := s.work()
			s.start("Stuck", nil, "a")
			s.start("Stuck", nil, "b")
			s.raise("a", "Word", `"x"`)
			s.raise("b", "Word", `"y"`)
			i := s.blocked("a")
			require.Contains(t, i.Blocked, "stuck_test.go:")
			require.Equal(t, client.Running, i.Status)

			s.start("Collector", 1, "c")
			s.raise("c", "Item", "1")
			s.completes("c", "[1]")

			s.blocked("b")
			require.NoError(t, s.client.Terminate(s.ctx, "b", ""))
			require.Equal(t, client.Terminated, s.ends("b").Status)
			stop()
			close(release)
			s.work()
			s.completes("a", `"x"`)
		})
	}
}

// TestForeignGoroutineBlocksItsInstance: a fan-out by go statements ends no worker; the
// others go on, and the instance can be terminated.
func TestForeignGoroutineBlocksItsInstance(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		registerCollector(r)
		r.Add(orchestration.Orchestrator("FanOut", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			if _, err := orchestration.Event[string]("Go").Wait(ctx).Await(); err != nil {
				return "", err
			}
			results := make(chan string)
			for range 8 {
				go func() {
					result, _ := orchestration.CallActivity[string](ctx, "Work", nil).Await()
					results <- result
				}()
			}
			return <-results, nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("FanOut", nil, "f")
		s.raise("f", "Go", `"x"`)
		i := s.blocked("f")
		require.Contains(s, i.Blocked, `orchestrator "FanOut": CallActivity was called by `)
		require.Contains(s, i.Blocked, "stuck_test.go:")
		require.Contains(s, i.Blocked, "start goroutines by orchestration.Go")

		s.start("Collector", 1, "c")
		s.raise("c", "Item", "1")
		s.completes("c", "[1]")
		require.NoError(s, s.client.Terminate(s.ctx, "f", ""))
		require.Equal(s, client.Terminated, s.ends("f").Status)
	})
}

// TestBlockedInstanceIsEndedHoweverMuchIsInLine: the terminate is far behind what a
// turn takes in.
func TestBlockedInstanceIsEndedHoweverMuchIsInLine(t *testing.T) {
	t.Parallel()
	each(t, twoSteps("First"), func(s *fixture) {
		s.deploy(registerCollector)
		s.start("TwoSteps", nil, "t")
		for i := range 600 {
			s.raise("t", "Second", strconv.Itoa(i))
		}
		s.work()
		s.blocked("t")
		require.NoError(s, s.client.Terminate(s.ctx, "t", ""))
		require.Equal(s, client.Terminated, s.ends("t").Status)
	})
}

// TestFailureLargerThanTheHubCanStoreIsClipped: long messages, long chains.
func TestFailureLargerThanTheHubCanStoreIsClipped(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Fail", func(context.Context, orchestration.None) (int, error) {
			err := errors.New("the first cause")
			for range 32 {
				err = &chain{strings.Repeat("\x01", 8<<10), err}
			}
			return 0, err
		}))
		r.Add(orchestration.Orchestrator("Calls", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			return orchestration.CallActivity[int](ctx, "Fail", nil).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Calls", nil, "c")
		i := s.ends("c")
		require.Equal(s, client.Failed, i.Status)
		require.Equal(s, "*worker_test.chain", i.Failure.Cause.Type)
		require.NotEmpty(s, i.Failure.Cause.Message)
	})
}

type chain struct {
	message string
	cause   error
}

func (c *chain) Error() string { return c.message }
func (c *chain) Unwrap() error { return c.cause }

// TestActivityThatIgnoresItsContextIsLeftBehind: a worker that is stopped ends all
// the same.
func TestActivityThatIgnoresItsContextIsLeftBehind(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}, 1), make(chan struct{})
	hub := memhub.New(memhub.Config{})
	s := newFixture(t, hub, func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Deaf", func(context.Context, orchestration.None) (int, error) {
			begun <- struct{}{}
			<-release
			return 0, nil
		}))
		r.Add(orchestration.Orchestrator("Calls", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			return orchestration.CallActivity[int](ctx, "Deaf", nil).Await()
		}))
	})
	_, stop := s.launch(hub, worker.Config{DrainTimeout: time.Millisecond})
	s.start("Calls", nil, "c")
	<-begun
	stop()
	close(release)
}

// TestContinueAsNewPastAnUnconsumedEventEnds: the event keeps no loop alive.
func TestContinueAsNewPastAnUnconsumedEventEnds(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Spin", func(ctx *orchestration.Context, n int) (int, error) {
			if n == 0 {
				if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
					return 0, err
				}
			}
			return 0, ctx.ContinueAsNew(n + 1)
		}))
	}
	each(t, register, func(s *fixture) {
		s.start("Spin", 0, "s")
		s.raise("s", "Unheard", "1")
		s.raise("s", "Go", "1")
		s.work()
		i := s.ends("s")
		require.Equal(s, client.Failed, i.Status)
		require.Contains(s, i.Failure.Message, "without waiting for anything")
	})
}

// TestClaimWithoutAStartCanBeEnded: a client that died half-way must not bar an id
// for ever.
func TestClaimWithoutAStartCanBeEnded(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		revision, err := s.hub.Commit(s.ctx, "c", &record.InstanceRecord{Name: "Collector", Execution: "e1", Status: history.Pending, Input: []byte("1")}, 0)
		require.NoError(s, err)
		require.NotZero(s, revision)
		s.work()
		require.NoError(s, s.client.Terminate(s.ctx, "c", "never started"))
		require.Equal(s, client.Terminated, s.ends("c").Status)
		s.start("Collector", 1, "c")
		s.raise("c", "Item", "1")
		s.completes("c", "[1]")
	})
}
