package worker_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// A rewound parent cancels its child again: the server must not take that for a repeat
// of the terminate of before the rewind, which found the child failed.
func TestChildThatIsCancelledAgainAfterARewindIsTerminated(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Child", func(ctx *orchestration.Context, _ int) (int, error) {
			if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
				return 0, err
			}
			if !sound.Load() {
				return 0, errBug
			}
			return orchestration.Event[int]("More").Wait(ctx).Await()
		}))
		r.Add(orchestration.Orchestrator("P", func(ctx *orchestration.Context, _ int) (int, error) {
			child := orchestration.CallSubOrchestration[int](ctx, "Child", 0, orchestration.WithInstanceID("c"))
			if _, err := orchestration.Event[int]("Cancel").Wait(ctx).Await(); err != nil {
				return 0, err
			}
			child.Cancel()
			if !sound.Load() {
				return 0, errBug
			}
			return 1, nil
		}))
	}
	for name, open := range map[string]func(*testing.T) testHub{"memory": inMemory, "NATS": onNATS} {
		t.Run(name, func(t *testing.T) {
			sound.Store(false)
			s := newFixture(t, open(t), register)
			s.work()
			s.start("P", 0, "p")
			s.waits("c", "Go")
			require.NoError(t, s.client.Suspend(s.ctx, "p", ""))
			s.until("p", func(i *client.Instance) bool { return i.Status == client.Suspended })
			s.raise("p", "Cancel", "1")
			s.raise("c", "Go", "1")
			require.Equal(t, client.Failed, s.ends("c").Status)
			require.NoError(t, s.client.Resume(s.ctx, "p", ""))
			require.Equal(t, client.Failed, s.ends("p").Status)
			sound.Store(true)
			s.rewind("p")
			s.until("p", func(i *client.Instance) bool { return i.Status == client.Completed })
			s.until("c", func(i *client.Instance) bool { return i.Status == client.Terminated })
		})
	}
}

// A child that is gone when its parent is rewound is started anew, as if it had never
// been: what it asked for the first time is not taken for a repeat.
func TestRewindStartsAChildThatWasPurged(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Fetch", func(context.Context, orchestration.None) (int, error) {
			if !sound.Load() {
				return 0, orchestration.NonRetryable(errBug)
			}
			return 7, nil
		}))
		r.Add(orchestration.Orchestrator("Child", func(ctx *orchestration.Context, _ int) (int, error) {
			return orchestration.CallActivity[int](ctx, "Fetch", nil).Await()
		}))
		r.Add(orchestration.Orchestrator("P", func(ctx *orchestration.Context, _ int) (int, error) {
			return orchestration.CallSubOrchestration[int](ctx, "Child", 0, orchestration.WithInstanceID("c")).Await()
		}))
	}
	inTurn(t, register, func(s *fixture) {
		sound.Store(false)
		s.work()
		s.start("P", 0, "p")
		require.Equal(s, client.Failed, s.ends("p").Status)
		require.NoError(s, s.client.Purge(s.ctx, "c"))
		s.rewind("p") // which fails again, in the second c
		s.until("p", func(i *client.Instance) bool {
			return strings.HasSuffix(i.Execution, "-r1") && i.Status == client.Failed
		})
		require.NoError(s, s.client.Purge(s.ctx, "c"))
		sound.Store(true)
		s.rewind("p")
		s.until("p", func(i *client.Instance) bool { return string(i.Output) == "7" })
	})
}

// rewindsTerminated starts the family as "g", terminates the parent in it, with its
// child, and rewinds "g". It returns the child's id.
func (s *fixture) rewindsTerminated() string {
	s.Helper()
	s.start("Grandparent", 4, "g")
	s.exists("g.parent")
	child := s.childOf("g.parent")
	s.waits(child, "More")
	require.NoError(s, s.client.Terminate(s.ctx, "g.parent", "a mistake"))
	require.Equal(s, client.Failed, s.ends("g").Status)
	require.Equal(s, client.Terminated, s.ends(child).Status)
	s.rewind("g")
	s.until(child, func(i *client.Instance) bool { return i.Status == client.Running })
	return child
}

// A parent that failed since its child was terminated can be rewound: the child goes on
// from where it was.
func TestRewindGoesOnWithAChildThatWasTerminated(t *testing.T) {
	t.Parallel()
	each(t, registerFamily, func(s *fixture) {
		s.work()
		child := s.rewindsTerminated()
		s.raise(child, "More", "6")
		s.until("g", func(i *client.Instance) bool { return string(i.Output) == "1000" })
	})
}

// The history of a rewound instance shows which failure was taken back.
func TestRewindKeepsTheFailureInTheHistory(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("O", func(*orchestration.Context, int) (int, error) {
			if !sound.Load() {
				return 0, errBug
			}
			return 1, nil
		}))
	}
	s := newFixture(t, inMemory(t), register)
	s.work()
	s.start("O", 0, "o")
	require.Equal(t, client.Failed, s.ends("o").Status)
	sound.Store(true)
	s.rewind("o")
	s.until("o", func(i *client.Instance) bool { return i.Status == client.Completed })
	events, err := s.client.History(s.ctx, "o")
	require.NoError(t, err)
	require.Equal(t, history.ExecutionRewound, events[0].Kind)
	require.Equal(t, errBug.Error(), events[0].Failure.Message)
}
