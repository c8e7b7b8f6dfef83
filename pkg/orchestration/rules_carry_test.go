package orchestration_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestRule5ContinueAsNewLeavesWhatWasNotConsumed(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
		open := waitFor(ctx, "Never")
		defer open.Cancel()
		_, _ = results(waitFor(ctx, "A"), waitFor(ctx, "A"))
		return none{}, ctx.ContinueAsNew(1)
	})
	s.raise("B", `1`)
	s.raise("A", `2`)
	s.raise("c", `3`)
	s.raise("b", `4`)
	s.raise("A", `5`)
	require.Equal(t, []string{"B=1", "c=3", "b=4"}, s.unconsumed())
}

// An event that a wait has taken is consumed only once the code has learnt of it.
func TestRule5EventsNobodyLookedAtAreNotConsumed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		look func(ctx *orchestration.Context, a, b waitOf)
		want []string
	}{
		"neither":  {func(*orchestration.Context, waitOf, waitOf) {}, []string{"A=1", "B=2"}},
		"awaited":  {func(_ *orchestration.Context, a, _ waitOf) { _, _ = a.Await() }, []string{"B=2"}},
		"done":     {func(_ *orchestration.Context, a, _ waitOf) { a.Done() }, []string{"B=2"}},
		"error":    {func(_ *orchestration.Context, _, b waitOf) { _ = b.Err() }, []string{"A=1"}},
		"canceled": {func(_ *orchestration.Context, a, _ waitOf) { a.Cancel() }, []string{"A=1", "B=2"}},
		"WhenAny": {func(ctx *orchestration.Context, a, b waitOf) {
			_, _ = orchestration.WhenAny(ctx, b, a).Await()
		}, []string{"A=1"}},
		"WhenAny not awaited": {func(ctx *orchestration.Context, a, b waitOf) {
			orchestration.WhenAny(ctx, b, a)
		}, []string{"A=1", "B=2"}},
		"WhenAny cancelled": {func(ctx *orchestration.Context, a, b waitOf) {
			any := orchestration.WhenAny(ctx, waitFor(ctx, "Never"))
			any.Cancel()
			_, _ = any.Await()
		}, []string{"A=1", "B=2"}},
		"WhenAll": {func(ctx *orchestration.Context, a, b waitOf) {
			_, _ = orchestration.WhenAll(ctx, b, a).Await()
		}, []string{}},
		"WhenAll cancelled": {func(ctx *orchestration.Context, a, b waitOf) {
			all := orchestration.WhenAll(ctx, a, b, waitFor(ctx, "Never"))
			all.Cancel()
			_, _ = all.Await()
		}, []string{"A=1", "B=2"}},
		"nested": {func(ctx *orchestration.Context, a, b waitOf) {
			_, _ = orchestration.WhenAny(ctx, orchestration.WhenAll(ctx, a, b)).Await()
		}, []string{}},
		"in a branch": {func(ctx *orchestration.Context, a, _ waitOf) {
			_, _ = orchestration.Go(ctx, func(*orchestration.Context) (string, error) { return a.Await() }).Await()
		}, []string{"B=2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
				a, b := waitFor(ctx, "A"), waitFor(ctx, "B")
				_, _ = waitFor(ctx, "Go").Await()
				tc.look(ctx, a, b)
				return none{}, ctx.ContinueAsNew(nil)
			})
			s.raise("A", `1`)
			s.raise("B", `2`)
			s.raise("Go", `"now"`)
			require.Equal(t, tc.want, s.unconsumed())
		})
	}
}

// An event that was held while suspended, and comes after the input that ends the
// generation, goes to the next one.
func TestRule5ContinueAsNewOnResumeLeavesTheRest(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
		_, _ = waitFor(ctx, "A").Await()
		orchestration.CreateTimer(ctx, time.Hour)
		waitFor(ctx, "Y", orchestration.WithTimeout(time.Hour))
		_, _ = waitFor(ctx, "B").Await()
		return none{}, ctx.ContinueAsNew(nil)
	})
	s.suspend()
	for i, name := range []string{"X", "A", "B", "A", "Y", "B"} {
		s.raise(name, asJSON(t, i))
	}
	require.Equal(t, []string{
		"TimerCreated #1", "TimerCreated #2", "TimerCancelled #1", "TimerCancelled #2", "ContinuedAsNew",
	}, kinds(s.resume()), "nothing may be decided after the end")
	require.Equal(t, []string{"X=0", "A=3", "Y=4", "B=5"}, s.unconsumed())
}

func TestRule5EventsKeepTheirIDs(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
		_, _ = waitFor(ctx, "Go").Await()
		return none{}, ctx.ContinueAsNew(nil)
	})
	s.hand(record.Raised("A", "key-1", payload(`1`)))
	s.raise("Go", `""`)
	require.Equal(t, "key-1", s.x.View().Unconsumed[0].EventID())
}

func TestRule5LastContinueAsNewCountsAndAnErrorOverridesIt(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		require.NoError(t, ctx.ContinueAsNew(1))
		require.NoError(t, ctx.ContinueAsNew(2))
		require.Error(t, ctx.ContinueAsNew(make(chan int)))
		return "ignored", nil
	})
	require.Equal(t, history.ContinuedAsNew, s.end().Kind)
	require.Equal(t, `2`, string(s.end().Data))

	s = begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		require.NoError(t, ctx.ContinueAsNew(1))
		return "", errors.New("no")
	})
	require.Equal(t, "no", s.requireFailure().Message)
}

func TestRule8WaitsCombineWithTimersAndActivities(t *testing.T) {
	t.Parallel()
	program := func(ctx *orchestration.Context, _ none) (string, error) {
		event := waitFor(ctx, "A")
		timer := orchestration.CreateTimer(ctx, time.Minute)
		activity := orchestration.CallActivity[string](ctx, "Work", nil)
		both := orchestration.WhenAll(ctx, event, activity)
		winner, err := orchestration.WhenAny(ctx, both, timer).Await()
		if winner == timer {
			return "timer", err
		}
		return "both", err
	}
	s := begins(t, "", program)
	s.raise("A", `"1"`)
	s.requireRunning()
	s.complete(2, `"2"`)
	s.requireOutput(`"both"`)

	s = begins(t, "", program)
	s.raise("A", `"1"`)
	s.fire(1)
	s.requireOutput(`"timer"`)
}

func TestRule11SuspendedInstancesHandleEventsInOrderOnResume(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		out := ""
		for range 3 {
			got, _ := results(waitFor(ctx, "A", orchestration.WithTimeout(time.Hour)))
			out += got + " "
			_, _ = call(ctx, got)
		}
		return out, nil
	})
	s.suspend()
	require.Empty(t, s.raise("A", `"1"`))
	require.Empty(t, s.raise("A", `"2"`))
	s.reload()
	require.Equal(t, []string{`TimerCancelled #1`, `TaskScheduled #2 "1"`}, kinds(s.resume()))
	s.suspend()
	require.Empty(t, s.complete(2, ``))
	require.Equal(t, []string{`TaskScheduled #3 "2"`}, kinds(s.resume()))
	s.complete(3, ``)
	s.raise("A", `"3"`)
	s.complete(5, ``)
	s.requireOutput(`"1 2 3 "`)
}
