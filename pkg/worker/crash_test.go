package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// A script is what a client does and what must come of it, whatever happens to
// the workers meanwhile.
type script struct {
	name     string
	register func(*orchestration.Registry)
	play     func(*fixture)
	// config of the hub.
	config memhub.Config
}

var scripts = []script{
	{name: "one event, one activity", register: examples.Register, play: func(s *fixture) {
		s.start("BudgetApproval", examples.Budget{Amount: 100}, "b")
		s.raise("b", "Approval", "true")
		s.completes("b", `"spent 100.00"`)
	}},
	{name: "three events, then an activity", register: examples.Register, play: func(s *fixture) {
		s.start("NewBuildingPermit", "A-1", "p")
		for _, gate := range []string{"FireDeptApproval", "BuildingDeptApproval", "CityPlanningApproval"} {
			s.raise("p", gate, "true")
		}
		s.completes("p", `"permit for A-1"`)
	}},
	{name: "events in order, some raised twice", register: registerCollector, play: func(s *fixture) {
		s.start("Collector", 4, "c")
		for _, id := range []string{"a", "b", "a", "c", "b"} {
			require.NoError(s, s.client.Raise(s.ctx, "c", "Item", id, client.WithEventID(id)))
		}
		s.raise("c", "Item", `"d"`)
		s.completes("c", `["a","b","c","d"]`)
	}},
	{name: "fan-out and timers", register: registerFanOut, play: func(s *fixture) {
		s.start("FanOut", 5, "f")
		s.completes("f", "[0,1,4,9,16]")
	}},
	{name: "retries", register: registerFlaky, play: func(s *fixture) {
		s.start("Flaky", nil, "f")
		i := s.ends("f")
		require.Equal(s, client.Failed, i.Status)
		require.Contains(s, i.Failure.Message, "not today")
	}},
	{name: "continue as new with events in line", register: registerRelay, play: func(s *fixture) {
		s.start("Relay", relay{Left: 6}, "r")
		for i := range 6 {
			s.raise("r", "Item", fmt.Sprint(i))
		}
		s.completes("r", "[0,1,2,3,4,5]")
	}},
	{name: "a history of several segments", register: registerLetters, play: func(s *fixture) {
		s.start("Letters", 12, "l")
		letter, err := json.Marshal(strings.Repeat("x", 3000))
		require.NoError(s, err)
		for range 12 {
			s.raise("l", "Letter", string(letter))
		}
		s.completes("l", "36000")
	}},
	{name: "terminate, and start again", register: examples.Register, play: func(s *fixture) {
		s.start("BudgetApproval", examples.Budget{Amount: 1}, "b")
		require.NoError(s, s.client.Terminate(s.ctx, "b", "enough"))
		require.Equal(s, client.Terminated, s.ends("b").Status)
		s.start("BudgetApproval", examples.Budget{Amount: 2}, "b")
		s.raise("b", "Approval", "true")
		s.completes("b", `"spent 2.00"`)
	}},
}

// TestRule12WhateverIsKilled kills the worker before and after every call it
// makes to the hub, and lets another go on from there.
func TestRule12WhateverIsKilled(t *testing.T) {
	t.Parallel()
	for _, sc := range slices.Concat(scripts, familyScripts, rewindScripts) {
		for name, cache := range map[string]int{"cache on": 0, "cache off": -1} {
			t.Run(sc.name+", "+name, func(t *testing.T) {
				t.Parallel()
				calls := rehearse(t, sc, cache)
				for n := 1; n <= calls; n++ {
					survive(t, sc, cache, hubfaults.KillBefore(n))
					survive(t, sc, cache, hubfaults.KillAfter(n))
				}
			})
		}
	}
}

// TestRule12WhateverFailsOnce makes each call fail once, with and without effect.
func TestRule12WhateverFailsOnce(t *testing.T) {
	t.Parallel()
	for _, sc := range slices.Concat(scripts, familyScripts, rewindScripts) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			calls := rehearse(t, sc, 0)
			for n := 1; n <= calls; n++ {
				survive(t, sc, 0, hubfaults.FailBefore(n))
				survive(t, sc, 0, hubfaults.FailAfter(n))
			}
		})
	}
}

// rehearse plays the script without faults and returns how many calls it takes.
func rehearse(t *testing.T, sc script, cache int) int {
	t.Helper()
	s, faults := mortal(t, sc, cache)
	sc.play(s)
	return len(faults.Calls())
}

func survive(t *testing.T, sc script, cache int, fault hubfaults.Fault) {
	t.Helper()
	t.Run(fault.String(), func(t *testing.T) {
		s, _ := mortal(t, sc, cache, fault)
		sc.play(s)
	})
}

// mortal returns a fixture whose worker meets the faults; when it is killed,
// another takes its place at once.
func mortal(t *testing.T, sc script, cache int, faults ...hubfaults.Fault) (*fixture, *hubfaults.Hub) {
	t.Helper()
	memory := memhub.New(sc.config)
	s := newFixture(t, memory, sc.register)
	s.cache = cache
	faulty := hubfaults.New(memory, faults...)
	stop := s.runAs("first", registering{faulty, memory})
	ctx, cancel := context.WithCancel(context.Background())
	replaced := make(chan struct{})
	go func() {
		defer close(replaced)
		select {
		case <-ctx.Done():
			return
		case <-faulty.Killed():
		}
		stop() // nothing that it still does reaches the hub
		faulty.Wait()
		memory.ExpireLeases("first")
		memory.Redeliver()
		s.runAs("second", memory)
	}()
	t.Cleanup(func() {
		cancel()
		<-replaced
	})
	return s, faulty
}

// registering lets a worker behind faults register what it runs.
type registering struct {
	*hubfaults.Hub
	hub.Registrar
}

// runAs runs a worker until the function it returns is called, or the test ends.
func (s *fixture) runAs(id string, h worker.Hub) (stop func()) {
	w, err := worker.New(h, s.registry, worker.Config{ID: id, CacheSize: s.cache, Logger: quiet(), DrainTimeout: time.Millisecond})
	if err != nil {
		s.Error(err)
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	s.Cleanup(stop)
	return stop
}

func registerFanOut(r *orchestration.Registry) {
	r.Add(orchestration.Activity("Square", func(_ context.Context, n int) (int, error) { return n * n, nil }))
	r.Add(orchestration.Orchestrator("FanOut", func(ctx *orchestration.Context, n int) ([]int, error) {
		var squares []*orchestration.Task[int]
		tasks := []orchestration.Awaitable{orchestration.CreateTimer(ctx, time.Millisecond)}
		for i := range n {
			squares = append(squares, orchestration.CallActivity[int](ctx, "Square", i))
			tasks = append(tasks, squares[i])
		}
		never := orchestration.CreateTimer(ctx, 24*time.Hour)
		if _, err := orchestration.WhenAll(ctx, tasks...).Await(); err != nil {
			return nil, err
		}
		never.Cancel()
		var out []int
		for _, square := range squares {
			n, err := square.Await()
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		}
		return out, nil
	}))
}

func registerFlaky(r *orchestration.Registry) {
	var runs atomic.Int64
	r.Add(orchestration.Activity("Fail", func(context.Context, orchestration.None) (int, error) {
		return 0, fmt.Errorf("not today, for the %d. time", runs.Add(1))
	}))
	r.Add(orchestration.Orchestrator("Flaky", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
		policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond, MaxAttempts: 3}
		return orchestration.CallActivity[int](ctx, "Fail", nil, orchestration.WithRetry(policy)).Await()
	}))
}

type relay struct {
	Left int   `json:"left"`
	Got  []int `json:"got"`
}

func registerRelay(r *orchestration.Registry) {
	r.Add(orchestration.Activity("Note", func(_ context.Context, n int) (int, error) { return n, nil }))
	r.Add(orchestration.Orchestrator("Relay", func(ctx *orchestration.Context, in relay) ([]int, error) {
		item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
		if err != nil {
			return nil, err
		}
		if item, err = orchestration.CallActivity[int](ctx, "Note", item).Await(); err != nil {
			return nil, err
		}
		in.Got = append(in.Got, item)
		if in.Left--; in.Left == 0 {
			return in.Got, nil
		}
		return nil, ctx.ContinueAsNew(in)
	}))
}

func registerLetters(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Letters", func(ctx *orchestration.Context, n int) (int, error) {
		size := 0
		for range n {
			letter, err := orchestration.Event[string]("Letter").Wait(ctx).Await()
			if err != nil {
				return 0, err
			}
			size += len(letter)
		}
		return size, nil
	}))
}
