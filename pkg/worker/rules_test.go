package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The tests of this file are named after the rules of external events.

// collector waits for n events named Item, then returns them.
func collector(ctx *orchestration.Context, n int) ([]json.RawMessage, error) {
	got := []json.RawMessage{}
	for range n {
		item, err := orchestration.Event[json.RawMessage]("Item").Wait(ctx).Await()
		if err != nil {
			return nil, err
		}
		got = append(got, item)
	}
	return got, nil
}

func registerCollector(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Collector", collector))
}

// inOrder is a collector that runs an activity for each event, so that many turns
// are taken.
func inOrder(ctx *orchestration.Context, n int) ([]int, error) {
	got := []int{}
	for range n {
		item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
		if err != nil {
			return nil, err
		}
		noted, err := orchestration.CallActivity[int](ctx, "Note", item).Await()
		if err != nil {
			return nil, err
		}
		got = append(got, noted)
	}
	return got, nil
}

func registerInOrder(r *orchestration.Registry) {
	r.Add(orchestration.Activity("Note", func(_ context.Context, n int) (int, error) { return n, nil }))
	r.Add(orchestration.Orchestrator("InOrder", inOrder))
}

func TestRule1EventsAreHandledInStoredOrder(t *testing.T) {
	t.Parallel()
	each(t, registerInOrder, func(s *fixture) {
		s.work()
		const n = 50
		s.start("InOrder", n, "o")
		for i := range n {
			s.raise("o", "Item", strconv.Itoa(i))
		}
		s.completes("o", upTo(n))
	})
}

// upTo returns 0 to n-1 as a JSON list.
func upTo(n int) string {
	numbers := make([]string, n)
	for i := range n {
		numbers[i] = strconv.Itoa(i)
	}
	return "[" + strings.Join(numbers, ",") + "]"
}

func TestRule2AbandonedWaitNeverEatsAnEvent(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("ThreeTries", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			for try := 1; try < 3; try++ {
				_, err := orchestration.Event[bool]("Answer").Wait(ctx, orchestration.WithTimeout(time.Millisecond)).Await()
				if err == nil {
					return try, nil
				}
			}
			_, err := orchestration.Event[bool]("Answer").Wait(ctx).Await()
			return 3, err
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("ThreeTries", nil, "t")
		s.until("t", func(i *client.Instance) bool {
			return len(i.Waits) == 1 && i.Waits[0].Kind == history.WaitEvent && i.Waits[0].Deadline.IsZero()
		})
		s.raise("t", "Answer", "true")
		s.completes("t", "3")
	})
}

func TestRule3DeliveredEventBeatsItsTimeout(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Deadline", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			first, err := orchestration.Event[string]("Answer").Wait(ctx, orchestration.WithTimeout(time.Hour)).Await()
			if err != nil {
				return "", err
			}
			second, err := orchestration.Event[string]("Answer").Wait(ctx).Await()
			return first + second, err
		}))
	}
	each(t, register, func(s *fixture) {
		stop := s.work()
		s.start("Deadline", nil, "d")
		i := s.waits("d", "Answer")
		stop()
		// The timer fires too, but the event is recorded before it.
		s.raise("d", "Answer", `"a"`)
		_, err := s.hub.Post(s.ctx, hub.Message{Instance: "d", Execution: i.Execution, Verb: hub.VerbFired, Arg: "1"})
		require.NoError(s, err)
		s.raise("d", "Answer", `"b"`)
		s.work()
		s.completes("d", `"ab"`)
	})
}

func TestRule4NamesMatchWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		s.start("Collector", 3, "c")
		s.raise("c", "item", "1")
		s.raise("c", "ITEM", "2")
		s.raise("c", "Item", "3")
		s.completes("c", "[1,2,3]")
		events, err := s.client.History(s.ctx, "c")
		require.NoError(s, err)
		require.Equal(s, "item", events[1].Name, "shown as written")
	})
}

func TestRule5NothingIsDroppedOverContinueAsNew(t *testing.T) {
	t.Parallel()
	type state struct {
		Left int   `json:"left"`
		Got  []int `json:"got"`
	}
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Eternal", func(ctx *orchestration.Context, in state) ([]int, error) {
			item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
			if err != nil {
				return nil, err
			}
			in.Got = append(in.Got, item)
			if in.Left--; in.Left == 0 {
				return in.Got, nil
			}
			return nil, ctx.ContinueAsNew(in)
		}))
	}
	each(t, register, func(s *fixture) {
		stop := s.work()
		s.start("Eternal", state{Left: 60}, "e")
		for i := range 60 {
			if i == 20 {
				stop() // what comes meanwhile is handled in one turn
			}
			if i == 40 {
				s.work()
			}
			s.raise("e", "Item", strconv.Itoa(i))
		}
		i := s.completes("e", upTo(60))
		require.EqualValues(s, 59, i.Generation)
	})
}

func TestRule6SameEventIDIsOneEvent(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		s.start("Collector", 3, "c")
		for _, id := range []string{"k1", "k1", "k2", "k1", "k2"} {
			_, err := s.client.RaiseWithReceipt(s.ctx, "c", "Item", id, client.WithEventID(id))
			require.NoError(s, err)
		}
		s.raise("c", "Item", "3")
		s.completes("c", `["k1","k2",3]`)

		// Another execution knows nothing of it.
		s.start("Collector", 1, "c")
		require.NoError(s, s.client.Raise(s.ctx, "c", "Item", "again", client.WithEventID("k1")))
		s.completes("c", `["again"]`)
	})
}

func TestRule7PayloadsAreConverted(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Convert", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			b, err1 := orchestration.Event[bool]("Bool").Wait(ctx).Await()
			n, err2 := orchestration.Event[int]("Int").Wait(ctx).Await()
			text, err3 := orchestration.Event[string]("String").Wait(ctx).Await()
			p, err4 := orchestration.Event[*int]("Pointer").Wait(ctx).Await()
			_, err5 := orchestration.Event[int]("Int").Wait(ctx).Await()
			return fmt.Sprintf("%v %v %v %v %v %v %v %v %v", b, n, text, p, err1, err2, err3, err4, err5 != nil), nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Convert", nil, "c")
		s.raise("c", "Bool", `"TRUE"`)
		s.raise("c", "Int", `"17"`)
		s.raise("c", "String", `12.50`)
		s.raise("c", "Pointer", "")
		s.raise("c", "Int", "")
		s.completes("c", `"true 17 12.50 <nil> <nil> <nil> <nil> <nil> true"`)
	})
}

func TestRule8WaitsTimeOutFallBackAndCombine(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Waits", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			_, timeout := orchestration.Event[int]("A").Wait(ctx, orchestration.WithTimeout(time.Millisecond)).Await()
			fallback, err := orchestration.Event[int]("A").Wait(ctx, orchestration.WithTimeout(time.Millisecond)).OnTimeout(7).Await()
			cancelled := orchestration.Event[int]("A").Wait(ctx)
			cancelled.Cancel()
			timer := orchestration.CreateTimer(ctx, time.Millisecond)
			never := orchestration.Event[int]("Never").Wait(ctx)
			winner, _ := orchestration.WhenAny(ctx, never, timer).Await()
			return fmt.Sprint(timeout, fallback, err, cancelled.Err(), winner == timer), nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Waits", nil, "w")
		s.completes("w", fmt.Sprintf("%q", fmt.Sprint(orchestration.ErrTimeout, 7, nil, orchestration.ErrCanceled, true)))
	})
}

func TestRule11SuspendedInstancesKeepReceiving(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		s.start("Collector", 3, "c")
		s.waits("c", "Item")
		require.NoError(s, s.client.Suspend(s.ctx, "c", "lunch"))
		for i := range 3 {
			_, err := s.client.RaiseWithReceipt(s.ctx, "c", "Item", i)
			require.NoError(s, err)
		}
		i, err := s.client.Get(s.ctx, "c")
		require.NoError(s, err)
		require.Equal(s, client.Suspended, i.Status)
		require.NoError(s, s.client.Resume(s.ctx, "c", "back"))
		s.completes("c", "[0,1,2]")
		require.ErrorIs(s, s.client.Raise(s.ctx, "c", "Item", 4), client.ErrInstanceEnded)
	})
}

func TestRule13EventNamesCannotForgeControl(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		s.work()
		s.start("Collector", 1, "c")
		for _, name := range []string{"terminate", "completed.1", "c.terminate", "suspend", "ExecutionTerminated", "*", ">"} {
			_, err := s.client.RaiseWithReceipt(s.ctx, "c", name, nil)
			require.NoError(s, err)
		}
		i, err := s.client.Get(s.ctx, "c")
		require.NoError(s, err)
		require.Equal(s, client.Running, i.Status)
		s.raise("c", "Item", "1")
		s.completes("c", "[1]")
	})
}
