package worker_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// errBug is what code fails with that is to be put right.
var errBug = errors.New("a bug of the code")

// inTurn runs a scenario in one setting after the other: its code knows only one.
func inTurn(t *testing.T, register func(*orchestration.Registry), scenario func(*fixture)) {
	t.Helper()
	for _, setting := range settings {
		s := newFixture(t, setting.open(t), register)
		s.cache = setting.cache
		scenario(s)
	}
}

// A child that was asked for in the very step that failed is the rewound parent's.
func TestRewindFindsTheChildOfTheStepThatFailed(t *testing.T) {
	t.Parallel()
	for name, childEnds := range map[string]bool{"child has ended": true, "child waits": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sound atomic.Bool
			register := func(r *orchestration.Registry) {
				r.Add(orchestration.Orchestrator("Child", func(ctx *orchestration.Context, wait bool) (int, error) {
					if wait {
						return orchestration.Event[int]("Go").Wait(ctx).Await()
					}
					return 7, nil
				}))
				r.Add(orchestration.Orchestrator("P", func(ctx *orchestration.Context, wait bool) (int, error) {
					if _, err := orchestration.Event[int]("E").Wait(ctx).Await(); err != nil {
						return 0, err
					}
					child := orchestration.CallSubOrchestration[int](ctx, "Child", wait, orchestration.WithInstanceID("c"))
					if !sound.Load() {
						panic(errBug)
					}
					return child.Await()
				}))
			}
			inTurn(t, register, func(s *fixture) {
				sound.Store(false)
				s.work()
				s.start("P", !childEnds, "p")
				s.raise("p", "E", "1")
				require.Equal(s, client.Failed, s.ends("p").Status)
				if childEnds {
					s.until("c", func(i *client.Instance) bool { return i.Status == client.Completed })
				} else {
					s.waits("c", "Go")
				}
				sound.Store(true)
				s.rewind("p")
				if !childEnds {
					s.childOf("p")
					s.raise("c", "Go", "7")
				}
				s.until("p", func(i *client.Instance) bool { return string(i.Output) == "7" })
			})
		})
	}
}

// Events that nobody had been handed when the code failed at its first step are there
// when it is rewound: one that was carried over, and one that came with the start.
func TestRewindKeepsEventsThatWereInLine(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("O", func(ctx *orchestration.Context, n int) (int, error) {
			if n == 0 {
				if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
					return 0, err
				}
				return 0, ctx.ContinueAsNew(1)
			}
			if !sound.Load() {
				return 0, errBug
			}
			return orchestration.Event[int]("Item").Wait(ctx).Await()
		}))
	}
	inTurn(t, register, func(s *fixture) {
		sound.Store(false)
		s.work()
		s.start("O", 0, "o")
		s.waits("o", "Go")
		outcome, err := s.client.RaiseWithReceipt(s.ctx, "o", "Item", 42)
		require.NoError(s, err)
		require.Equal(s, client.Buffered, outcome)
		s.raise("o", "Go", "1")
		require.Equal(s, client.Failed, s.ends("o").Status)
		_, err = s.client.StartWithEvent(s.ctx, "O", 1, "Item", 43, client.WithInstanceID("w"))
		require.NoError(s, err)
		require.Equal(s, client.Failed, s.ends("w").Status)
		sound.Store(true)
		for id, want := range map[string]string{"o": "42", "w": "43"} {
			s.rewind(id)
			s.until(id, func(i *client.Instance) bool { return string(i.Output) == want })
		}
	})
}

// A message that was sent in the step that failed is not sent again.
func TestRewindSendsNothingTwice(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		registerCollector(r)
		r.Add(orchestration.Orchestrator("P", func(ctx *orchestration.Context, _ int) (int, error) {
			if err := orchestration.Event[any]("Item").Send(ctx, "col", "once"); err != nil {
				return 0, err
			}
			if !sound.Load() {
				return 0, errBug
			}
			return 1, orchestration.Event[any]("Item").Send(ctx, "col", "last")
		}))
	}
	inTurn(t, register, func(s *fixture) {
		sound.Store(false)
		s.work()
		s.start("Collector", 2, "col")
		s.waits("col", "Item")
		s.start("P", 0, "p")
		require.Equal(s, client.Failed, s.ends("p").Status)
		sound.Store(true)
		s.rewind("p")
		s.until("p", func(i *client.Instance) bool { return string(i.Output) == "1" })
		s.completes("col", `["once","last"]`)
	})
}

// A child that was refused since its id was taken is started when that is free.
func TestRewindStartsAChildThatWasRefused(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		registerFamily(r)
		r.Add(orchestration.Orchestrator("Boss", func(ctx *orchestration.Context, _ int) (int, error) {
			return orchestration.CallSubOrchestration[int](ctx, "Part", 1, orchestration.WithInstanceID("taken")).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Part", 5, "taken")
		s.waits("taken", "More")
		s.start("Boss", 1, "b")
		require.Equal(s, client.Failed, s.ends("b").Status)
		s.raise("taken", "More", "1")
		s.completes("taken", "6")
		s.rewind("b")
		s.until("b", func(i *client.Instance) bool { return i.Status == client.Running })
		s.until("taken", func(i *client.Instance) bool { return i.Status == client.Running })
		s.waits("taken", "More")
		s.raise("taken", "More", "1")
		s.until("b", func(i *client.Instance) bool { return string(i.Output) == "2" })
	})
}

// One who starts in place of an instance whose code does not come back is served.
func TestBlockedInstanceIsReplaced(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	register := func(r *orchestration.Registry) {
		r.StuckAfter = 100 * time.Millisecond
		r.Add(orchestration.Orchestrator("Good", func(*orchestration.Context, int) (int, error) { return 1, nil }))
		r.Add(orchestration.Orchestrator("Stuck", func(ctx *orchestration.Context, _ int) (int, error) {
			_, err := orchestration.Event[int]("E").Wait(ctx).Await()
			<-release
			return 0, err
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Stuck", 0, "o")
		s.waits("o", "E")
		s.raise("o", "E", "1")
		s.until("o", func(i *client.Instance) bool { return i.Blocked != "" })
		_, err := s.client.Start(s.ctx, "Good", 0, client.WithInstanceID("o"), client.WithIDReuse(client.TerminateLive))
		require.NoError(s, err)
		s.completes("o", "1")
	})
}

// Events that are kept for the next instance of an id outlive the purge of the last by
// a filter.
func TestPurgeByFilterSparesKeptEvents(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		s.start("Collector", 0, "c")
		s.until("c", func(i *client.Instance) bool { return i.Status == client.Completed })
		outcome, err := s.client.RaiseWithReceipt(s.ctx, "c", "Item", "early", client.WithKeepFor(time.Hour))
		require.NoError(s, err)
		require.Equal(s, history.Kept, outcome)
		n, err := s.client.PurgeWhere(s.ctx, client.Filter{})
		require.NoError(s, err)
		require.Zero(s, n)
		s.start("Collector", 1, "c")
		s.until("c", func(i *client.Instance) bool { return string(i.Output) == `["early"]` })
	})
}
