package worker_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// TestRule5GenerationsTooLargeForOneTurn: what many generations ask for is more
// than one value can hold; they are closed in several turns.
func TestRule5GenerationsTooLargeForOneTurn(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Length", func(_ context.Context, s string) (int, error) { return len(s), nil }))
		r.Add(orchestration.Orchestrator("Large", func(ctx *orchestration.Context, left int) (string, error) {
			if _, err := orchestration.Event[int]("Item").Wait(ctx).Await(); err != nil {
				return "", err
			}
			orchestration.CallActivity[int](ctx, "Length", strings.Repeat("x", 100_000))
			if left == 1 {
				return "done", nil
			}
			return "", ctx.ContinueAsNew(left - 1)
		}))
	}
	each(t, register, func(s *fixture) {
		const n = 40
		s.start("Large", n, "l")
		for i := range n {
			s.raise("l", "Item", strconv.Itoa(i))
		}
		s.work()
		i := s.ends("l")
		require.Equal(s, client.Completed, i.Status, "failure: %+v", i.Failure)
	})
}

// TestRule6OverContinueAsNew: the repeat comes in a later generation than the event.
func TestRule6OverContinueAsNew(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Sum", func(ctx *orchestration.Context, n int) (int, error) {
			v, err := orchestration.Event[int]("Add").Wait(ctx).Await()
			if err != nil || v == 0 {
				return n, err
			}
			return 0, ctx.ContinueAsNew(n + v)
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Sum", 5, "s")
		for range 2 {
			_, err := s.client.RaiseWithReceipt(s.ctx, "s", "Add", 3, client.WithEventID("k1"))
			require.NoError(s, err)
		}
		s.raise("s", "Add", "0")
		s.completes("s", "8")
	})
}

// TestRule5BacklogOfAnInstanceThatContinuesAsNew: one message, the resume, closes
// a thousand generations, each of which sends on what it was given: more than one
// value can hold.
func TestRule5BacklogOfAnInstanceThatContinuesAsNew(t *testing.T) {
	t.Parallel()
	const n = 1000
	for _, setting := range settings[:4] { // without a cache the sink replays for long
		t.Run(setting.name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t, setting.open(t), registerRouter)
			s.cache = setting.cache
			s.work()
			s.sendOn(n, 1200)
		})
	}
}

// sendOn lets a router send on n events of that size which have come while it was
// suspended.
func (s *fixture) sendOn(n, size int) {
	s.Helper()
	s.start("Sink", n, "sink")
	s.start("Router", n, "r")
	require.NoError(s, s.client.Suspend(s.ctx, "r", ""))
	s.until("r", func(i *client.Instance) bool { return i.Status == client.Suspended })
	for i := range n {
		s.raise("r", "Item", strconv.Quote(strconv.Itoa(i)+" "+strings.Repeat("x", size)))
	}
	require.NoError(s, s.client.Resume(s.ctx, "r", ""))
	s.completes("r", `"done"`)
	s.completes("sink", "true")
}

// registerRouter registers an orchestrator that sends each event on, one a
// generation, and one that takes them in and looks at their order.
func registerRouter(r *orchestration.Registry) {
	registerCollector(r)
	r.Add(orchestration.Orchestrator("Router", func(ctx *orchestration.Context, left int) (string, error) {
		item, err := orchestration.Event[string]("Item").Wait(ctx).Await()
		if err != nil {
			return "", err
		}
		if err := orchestration.Event[any]("Item").Send(ctx, "sink", item); err != nil {
			return "", err
		}
		if left == 1 {
			return "done", nil
		}
		return "", ctx.ContinueAsNew(left - 1)
	}))
	r.Add(orchestration.Orchestrator("Sink", func(ctx *orchestration.Context, n int) (bool, error) {
		for i := range n {
			item, err := orchestration.Event[string]("Item").Wait(ctx).Await()
			if err != nil || !strings.HasPrefix(item, strconv.Itoa(i)+" ") {
				return false, fmt.Errorf("event %d is %.10q: %w", i, item, err)
			}
		}
		return true, nil
	}))
}
