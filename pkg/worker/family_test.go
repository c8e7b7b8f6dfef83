package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// family registers orchestrators that call each other.
func registerFamily(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Part", func(ctx *orchestration.Context, n int) (int, error) {
		more, err := orchestration.Event[int]("More").Wait(ctx).Await()
		if err != nil || more < 0 {
			return 0, errors.Join(err, fmt.Errorf("part %d was given %d", n, more))
		}
		return n + more, nil
	}))
	// Sum feeds its parts itself, by events.
	r.Add(orchestration.Orchestrator("Sum", func(ctx *orchestration.Context, n int) (int, error) {
		var parts []*orchestration.Task[int]
		for i := range n {
			id := fmt.Sprintf("%s-part-%d", ctx.InstanceID(), i)
			parts = append(parts, orchestration.CallSubOrchestration[int](ctx, "Part", i, orchestration.WithInstanceID(id)))
			if err := orchestration.Event[any]("More").Send(ctx, id, 10); err != nil {
				return 0, err
			}
		}
		total := 0
		for _, part := range parts {
			out, err := part.Await()
			if err != nil {
				return 0, err
			}
			total += out
		}
		return total, nil
	}))
	r.Add(orchestration.Orchestrator("Parent", func(ctx *orchestration.Context, part int) (int, error) {
		out, err := orchestration.CallSubOrchestration[int](ctx, "Part", part).Await()
		if err != nil {
			return 0, fmt.Errorf("my part: %w", err)
		}
		return out * 100, nil
	}))
	r.Add(orchestration.Orchestrator("Grandparent", func(ctx *orchestration.Context, part int) (int, error) {
		return orchestration.CallSubOrchestration[int](ctx, "Parent", part, orchestration.WithInstanceID(ctx.InstanceID()+".parent")).Await()
	}))
	r.Add(orchestration.Orchestrator("Picky", func(ctx *orchestration.Context, id string) (string, error) {
		_, err := orchestration.CallSubOrchestration[int](ctx, "Part", 1, orchestration.WithInstanceID(id)).Await()
		var failed *orchestration.TaskFailedError
		if errors.As(err, &failed) {
			return failed.Failure.Type, nil
		}
		return "", err
	}))
}

// childOf waits until the instance waits for a child and returns its id.
func (s *fixture) childOf(id string) string {
	s.Helper()
	s.until(id, func(i *client.Instance) bool {
		for _, w := range i.Waits {
			if w.Kind == history.WaitChild {
				return true
			}
		}
		return false
	})
	events, err := s.client.History(s.ctx, id)
	require.NoError(s, err)
	for _, e := range events {
		if e.Kind == history.ChildScheduled {
			return e.Instance
		}
	}
	s.Fatal("no child in the history")
	return ""
}

func TestSubOrchestrationsAnswer(t *testing.T) {
	t.Parallel()
	each(t, registerFamily, func(s *fixture) {
		s.work()
		s.start("Parent", 5, "p")
		child := s.childOf("p")
		require.True(s, strings.HasPrefix(child, "p:"), child)
		s.waits(child, "More")
		s.raise(child, "More", "2")
		s.completes("p", "700")
		s.completes(child, "7")

		s.start("Sum", 5, "s")
		s.completes("s", "60")

		s.start("Parent", 6, "f")
		child = s.childOf("f")
		s.waits(child, "More")
		s.raise(child, "More", "-1")
		i := s.ends("f")
		require.Equal(s, client.Failed, i.Status)
		require.Contains(s, i.Failure.Message, "part 6 was given -1")
		var messages []string
		for f := i.Failure; f != nil; f = f.Cause {
			messages = append(messages, f.Message)
		}
		require.Equal(s, "part 6 was given -1", messages[len(messages)-1], "the chain of causes is kept")

		s.start("Part", 1, "taken")
		s.waits("taken", "More")
		s.start("Picky", "taken", "picky")
		s.completes("picky", `"InstanceExists"`)
		require.Equal(s, client.Running, s.until("taken", func(*client.Instance) bool { return true }).Status)
	})
}

func TestTerminateReachesChildren(t *testing.T) {
	t.Parallel()
	each(t, registerFamily, func(s *fixture) {
		s.work()
		s.start("Grandparent", 5, "g")
		s.childOf("g")
		child := s.childOf("g.parent")
		s.waits(child, "More")
		require.NoError(s, s.client.Terminate(s.ctx, "g", "enough"))
		for _, id := range []string{"g", "g.parent", child} {
			i := s.ends(id)
			require.Equal(s, client.Terminated, i.Status, id)
			require.JSONEq(s, `"enough"`, string(i.Output), id)
		}

		s.start("Parent", 5, "p")
		child = s.childOf("p")
		s.waits(child, "More")
		_, err := s.hub.Post(s.ctx, hub.Message{Instance: "p", Verb: hub.VerbTerminate, KeepChildren: true})
		require.NoError(s, err)
		require.Equal(s, client.Terminated, s.ends("p").Status)
		s.raise(child, "More", "1")
		s.completes(child, "6")
	})
}

func TestRewindReachesWhatFailed(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	var runs [4]atomic.Int64
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Work", func(_ context.Context, n int) (int, error) {
			runs[n].Add(1)
			if n == 2 && !sound.Load() {
				return 0, errors.New("broken")
			}
			return n, nil
		}))
		r.Add(orchestration.Orchestrator("Worker", func(ctx *orchestration.Context, n int) (int, error) {
			total := 0
			var tasks []*orchestration.Task[int]
			for i := range n {
				tasks = append(tasks, orchestration.CallActivity[int](ctx, "Work", i))
			}
			for _, task := range tasks {
				out, err := task.Await()
				if err != nil {
					return 0, err
				}
				total += out
			}
			return total, nil
		}))
		r.Add(orchestration.Orchestrator("Boss", func(ctx *orchestration.Context, n int) (int, error) {
			return orchestration.CallSubOrchestration[int](ctx, "Worker", n, orchestration.WithInstanceID(ctx.InstanceID()+".worker")).Await()
		}))
	}
	for _, setting := range settings {
		t.Run(setting.name, func(t *testing.T) {
			sound.Store(false)
			for n := range runs {
				runs[n].Store(0)
			}
			s := newFixture(t, setting.open(t), register)
			s.cache = setting.cache
			s.work()
			s.start("Boss", 4, "b")
			require.Equal(s, client.Failed, s.ends("b").Status)
			require.Equal(s, client.Failed, s.ends("b.worker").Status)

			s.rewind("b") // in vain
			s.until("b.worker", func(i *client.Instance) bool { return i.Status == client.Failed && runs[2].Load() == 2 })
			s.until("b", func(i *client.Instance) bool { return i.Status == client.Failed })

			sound.Store(true)
			s.rewind("b")
			s.until("b", func(i *client.Instance) bool { return i.Status == client.Completed })
			s.completes("b", "6")
			s.completes("b.worker", "6")
			for n, want := range []int64{1, 1, 3} {
				require.Equal(s, want, runs[n].Load(), "runs of activity %d: what had succeeded is kept", n)
			}
		})
	}
}

func (s *fixture) rewind(id string) {
	s.Helper()
	_, err := s.hub.Post(s.ctx, hub.Message{Instance: id, Verb: hub.VerbRewind})
	require.NoError(s, err)
}

// TestContinueAsNewForgetsItsChildren: the answer of a child of an older generation
// is nobody's.
func TestContinueAsNewForgetsItsChildren(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		registerFamily(r)
		r.Add(orchestration.Orchestrator("Restless", func(ctx *orchestration.Context, round int) (int, error) {
			child := orchestration.CallSubOrchestration[int](ctx, "Part", round, orchestration.WithInstanceID(fmt.Sprintf("part%d", round)))
			next := orchestration.Event[orchestration.None]("Next").Wait(ctx)
			winner, err := orchestration.WhenAny(ctx, child, next).Await()
			if err != nil {
				return 0, err
			}
			if winner == child {
				return child.Await()
			}
			return 0, ctx.ContinueAsNew(round + 1)
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Restless", 0, "r")
		s.waits("part0", "More")
		s.raise("r", "Next", "{}")
		s.waits("part1", "More")
		s.raise("part0", "More", "50")
		s.completes("part0", "50")
		s.raise("part1", "More", "1")
		s.completes("r", "2")
	})
}

// TestDelayedStart: it is pending, keeps its events, and starts at its time.
func TestDelayedStart(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		at := time.Now().Add(400 * time.Millisecond)
		_, err := s.hub.Post(s.ctx, hub.Message{
			Instance: "c", Verb: hub.VerbStart, Arg: "Collector", Data: []byte("1"), Execution: "e1", Replaces: hub.AnyEnded, StartAt: at,
		})
		require.NoError(s, err)
		i := s.until("c", func(i *client.Instance) bool { return len(i.Waits) == 1 })
		require.Equal(s, client.Pending, i.Status)
		require.WithinDuration(s, at, i.Waits[0].Deadline, time.Millisecond)
		s.raise("c", "Item", "7")
		i = s.completes("c", "[7]")
		require.False(s, i.Updated.Before(at))
	})
}

// TestStartWithEvent: one message starts and raises, or only raises.
func TestStartWithEvent(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		for n := range 3 {
			_, err := s.hub.Post(s.ctx, hub.Message{
				Instance: "c", Verb: hub.VerbStart, Arg: "Collector", Data: []byte("3"), Execution: fmt.Sprint("e", n),
				Replaces: hub.AnyEnded, With: &hub.Raised{Name: "Item", Data: fmt.Append(nil, n)},
			})
			require.NoError(s, err)
		}
		s.until("c", func(*client.Instance) bool { return true })
		require.Equal(s, "e0", s.completes("c", "[0,1,2]").Execution)
	})
}

// TestEventsAheadOfTheStart are handed over when the instance starts, in order,
// once.
func TestEventsAheadOfTheStart(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		early := func(id string, data string) {
			_, err := s.hub.Post(s.ctx, hub.Message{
				Instance: "c", Verb: hub.VerbRaise, Arg: "Item", Data: []byte(data), ID: id, KeepUntil: time.Now().Add(time.Hour),
			})
			require.NoError(s, err)
		}
		early("a", "1")
		early("a", "1")
		early("", "2")
		s.settledAt("c", 3)
		_, err := s.hub.Post(s.ctx, hub.Message{
			Instance: "c", Verb: hub.VerbStart, Arg: "Collector", Data: []byte("3"), Execution: "e", Replaces: hub.AnyEnded,
		})
		require.NoError(s, err)
		early("", "3")
		s.until("c", func(i *client.Instance) bool { return i.Status != history.Expected })
		s.completes("c", "[1,2,3]")
	})
}

// settledAt waits until so many messages have been taken in for the instance.
func (s *fixture) settledAt(id string, messages int) {
	s.Helper()
	require.Eventually(s, func() bool {
		v, _, err := s.hub.LoadLatest(s.ctx, id)
		return err == nil && v != nil && len(v.Kept) == messages-1
	}, patience, 5*time.Millisecond)
}

// TestStartThatReplacesALiveInstance ends it, with its children, and starts anew.
func TestStartThatReplacesALiveInstance(t *testing.T) {
	t.Parallel()
	each(t, registerFamily, func(s *fixture) {
		s.work()
		s.start("Parent", 5, "p")
		child := s.childOf("p")
		s.waits(child, "More")
		_, err := s.hub.Post(s.ctx, hub.Message{
			Instance: "p", Verb: hub.VerbStart, Arg: "Part", Data: []byte("1"), Execution: "new", Replaces: hub.AnyAtAll,
		})
		require.NoError(s, err)
		require.Equal(s, client.Terminated, s.ends(child).Status)
		s.raise("p", "More", "1")
		require.Equal(s, "new", s.completes("p", "2").Execution)
	})
}

// TestVersionsSideBySide: running instances stay on the code they began with.
func TestVersionsSideBySide(t *testing.T) {
	t.Parallel()
	version := func(r *orchestration.Registry, v string) {
		r.Add(orchestration.Orchestrator("Greet", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			_, err := orchestration.Event[orchestration.None]("Go").Wait(ctx).Await()
			return "version " + v, err
		}, orchestration.AsVersion(v)))
	}
	each(t, func(r *orchestration.Registry) { version(r, "1") }, func(s *fixture) {
		stop := s.work()
		s.start("Greet", nil, "old")
		s.waits("old", "Go")
		stop()
		s.deploy(func(r *orchestration.Registry) {
			version(r, "1")
			version(r, "2")
		})
		s.work()
		s.start("Greet", nil, "new")
		for _, id := range []string{"old", "new"} {
			s.raise(id, "Go", "{}")
		}
		s.completes("old", `"version 1"`)
		s.completes("new", `"version 2"`)
	})
}
