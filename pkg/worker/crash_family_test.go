package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// familyScripts are about what instances do to each other, and what is done to
// them from outside.
var familyScripts = []script{
	{name: "children, and events sent to them", register: registerFamily, play: func(s *fixture) {
		s.start("Sum", 3, "s")
		s.completes("s", "33")
		for n := range 3 {
			s.tookOneEvent(fmt.Sprintf("s-part-%d", n))
		}
	}},
	{name: "a child that fails", register: registerFamily, play: func(s *fixture) {
		s.start("Grandparent", 4, "g")
		s.exists("g.parent")
		child := s.childOf("g.parent")
		s.waits(child, "More")
		s.raise(child, "More", "-1")
		require.Equal(s, client.Failed, s.ends("g").Status)
	}},
	{name: "terminate with children", register: registerFamily, play: func(s *fixture) {
		s.start("Grandparent", 4, "g")
		s.exists("g.parent")
		child := s.childOf("g.parent")
		s.waits(child, "More")
		require.NoError(s, s.client.Terminate(s.ctx, "g", "enough"))
		for _, id := range []string{"g", "g.parent", child} {
			require.Equal(s, client.Terminated, s.ends(id).Status)
		}
	}},
	{name: "a child whose id is taken", register: registerFamily, play: func(s *fixture) {
		s.start("Part", 1, "taken")
		s.waits("taken", "More")
		s.start("Picky", "taken", "picky")
		s.completes("picky", `"InstanceExists"`)
	}},
	{name: "rewind, with a child", register: registerFragile, play: func(s *fixture) {
		word := rand.Text()
		s.start("Careless", word, "c")
		require.Equal(s, client.Failed, s.ends("c").Status)
		sound.Store(word, true)
		s.rewind("c")
		s.until("c", func(i *client.Instance) bool { return i.Status == client.Completed })
	}},
	{name: "a start with an event, a start that replaces it, an event ahead", register: registerCollector, play: func(s *fixture) {
		post := func(m hub.Message) {
			m.Instance = "c"
			_, err := s.hub.Post(s.ctx, m)
			require.NoError(s, err)
		}
		start := hub.Message{Verb: hub.VerbStart, Arg: "Collector", Data: []byte("2"), Execution: "e1", Replaces: hub.AnyEnded}
		post(hub.Message{Verb: hub.VerbRaise, Arg: "Item", Data: []byte("1"), KeepUntil: time.Now().Add(time.Hour)})
		start.With = &hub.Raised{Name: "Item", Data: []byte("2")}
		post(start)
		s.exists("c")
		require.Equal(s, "e1", s.completes("c", "[1,2]").Execution)
		start.Execution, start.With.Data = "e2", []byte("3")
		post(start)
		s.until("c", func(i *client.Instance) bool { return i.Execution == "e2" })
		start.Execution, start.With.Data, start.Replaces = "e3", []byte("4"), hub.AnyAtAll
		post(start)
		s.until("c", func(i *client.Instance) bool { return i.Execution == "e3" })
		s.raise("c", "Item", "5")
		s.completes("c", "[4,5]")
	}},
	{name: "suspend and resume", register: registerCollector, play: func(s *fixture) {
		s.start("Collector", 3, "c")
		s.raise("c", "Item", "1")
		require.NoError(s, s.client.Suspend(s.ctx, "c", "lunch"))
		s.until("c", func(i *client.Instance) bool { return i.Status == client.Suspended })
		s.raise("c", "Item", "2")
		s.raise("c", "Item", "3")
		require.NoError(s, s.client.Resume(s.ctx, "c", "back"))
		s.completes("c", "[1,2,3]")
	}},
	{name: "a child that is not needed any more", register: registerScoped, play: func(s *fixture) {
		s.start("Scoped", nil, "s")
		s.waits("s.part", "More")
		s.raise("s", "Enough", "{}")
		s.completes("s", `"task was cancelled"`)
		require.Equal(s, client.Terminated, s.ends("s.part").Status)
	}},
	{name: "a child that is started again when it fails", register: registerScoped, play: func(s *fixture) {
		s.start("Insists", nil, "i")
		s.completes("i", "3")
	}},
	{name: "versions of a change, and progress of an activity", register: registerScoped, play: func(s *fixture) {
		s.start("Changed", nil, "c")
		s.waits("c", "Go")
		s.raise("c", "Go", "{}")
		s.completes("c", "[2,2,7]")
	}},
	{name: "a delayed start", register: registerCollector, play: func(s *fixture) {
		_, err := s.hub.Post(s.ctx, hub.Message{
			Instance: "c", Verb: hub.VerbStart, Arg: "Collector", Data: []byte("1"), Execution: "e1",
			Replaces: hub.AnyEnded, StartAt: time.Now().Add(5 * time.Millisecond),
		})
		require.NoError(s, err)
		s.exists("c")
		s.raise("c", "Item", "7")
		s.completes("c", "[7]")
	}},
}

// exists waits until somebody has started the instance.
func (s *fixture) exists(id string) {
	s.Helper()
	s.until(id, func(i *client.Instance) bool { return i.Status.IsInstance() })
}

func (s *fixture) tookOneEvent(id string) {
	s.Helper()
	events, err := s.client.History(s.ctx, id)
	require.NoError(s, err)
	raised := 0
	for _, e := range events {
		if e.Kind == history.EventRaised {
			raised++
		}
	}
	require.Equal(s, 1, raised)
}

// sound are the words that the activity Break does not break at.
var sound sync.Map

// registerFragile registers a parent whose child's activity fails until its input
// is sound.
func registerFragile(r *orchestration.Registry) {
	r.Add(orchestration.Activity("Break", func(_ context.Context, word string) (string, error) {
		if _, ok := sound.Load(word); !ok {
			return "", errors.New("broken")
		}
		return word, nil
	}))
	r.Add(orchestration.Orchestrator("Careful", func(ctx *orchestration.Context, s string) (string, error) {
		return orchestration.CallActivity[string](ctx, "Break", s).Await()
	}))
	r.Add(orchestration.Orchestrator("Careless", func(ctx *orchestration.Context, s string) (string, error) {
		return orchestration.CallSubOrchestration[string](ctx, "Careful", s).Await()
	}))
}

// registerScoped registers orchestrators that cancel, insist, and have changed.
func registerScoped(r *orchestration.Registry) {
	registerFamily(r)
	r.Add(orchestration.Orchestrator("Scoped", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		within, cancel := orchestration.WithCancel(ctx)
		part := orchestration.CallSubOrchestration[int](within, "Part", 1, orchestration.WithInstanceID(ctx.InstanceID()+".part"))
		orchestration.CreateTimer(within, time.Hour)
		if _, err := orchestration.Event[orchestration.None]("Enough").Wait(ctx).Await(); err != nil {
			return "", err
		}
		cancel()
		_, err := part.Await()
		return fmt.Sprint(err), nil
	}))
	r.Add(orchestration.Orchestrator("Third", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
		tries, err := orchestration.CallActivity[int](ctx, "Try", ctx.ParentID()).Await()
		if err != nil || tries < 3 {
			return 0, errors.Join(err, errors.New("not yet"))
		}
		return tries, nil
	}))
	r.Add(orchestration.Orchestrator("Insists", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
		policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond}
		if _, err := orchestration.CallSubOrchestration[int](ctx, "Third", nil, orchestration.WithRetry(policy)).Await(); err != nil {
			return 0, err
		}
		return 3, nil
	}))
	var tries atomic.Int64
	r.Add(orchestration.Activity("Try", func(context.Context, string) (int64, error) { return tries.Add(1), nil }))
	r.Add(orchestration.Activity("Copy", func(ctx context.Context, to int) (int, error) {
		done := 0
		if _, err := orchestration.HeartbeatDetails(ctx, &done); err != nil {
			return 0, err
		}
		if err := orchestration.Heartbeat(ctx, done+1); err != nil || done < 1 {
			return 0, errors.Join(err, errors.New("torn away"))
		}
		return to, nil
	}))
	r.Add(orchestration.Orchestrator("Changed", func(ctx *orchestration.Context, _ orchestration.None) ([]int, error) {
		before := orchestration.Version(ctx, "order", 1, 2)
		if _, err := orchestration.Event[orchestration.None]("Go").Wait(ctx).Await(); err != nil {
			return nil, err
		}
		policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond, MaxAttempts: 5}
		copied, err := orchestration.CallActivity[int](ctx, "Copy", 7, orchestration.WithRetry(policy)).Await()
		return []int{before, orchestration.Version(ctx, "order", 1, 2), copied}, err
	}))
}
