package orchestration_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestWhenAnyOfTasksThatHaveEndedIsTheFirstGiven(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a, b := waitFor(ctx, "A"), waitFor(ctx, "B")
		_, _ = waitFor(ctx, "Go").Await()
		winner, err := orchestration.WhenAny(ctx, a, b).Await()
		require.Same(t, a, winner)
		return "", err
	})
	s.raise("B", `"b"`)
	s.raise("A", `"a"`)
	s.raise("Go", `""`)
	s.requireOutput(`""`)
}

func TestWhenAnyIsTheFirstToEnd(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a, b := waitFor(ctx, "A"), waitFor(ctx, "B")
		any := orchestration.WhenAny(ctx, a, b)
		_, _ = waitFor(ctx, "Go").Await()
		winner, err := any.Await()
		require.Same(t, b, winner)
		return "", err
	})
	s.raise("B", `"b"`)
	s.raise("A", `"a"`)
	s.raise("Go", `""`)
	s.requireOutput(`""`)
}

func TestWhenAnyWinnerMayHaveFailed(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		bad := orchestration.CallActivity[string](ctx, "Bad", nil)
		winner, err := orchestration.WhenAny(ctx, bad, waitFor(ctx, "A")).Await()
		require.NoError(t, err)
		require.Same(t, bad, winner)
		return "", winner.Err()
	})
	s.fail(1, &history.Failure{Type: "T", Message: "no"})
	require.Equal(t, `activity "Bad" failed: no`, s.requireFailure().Message)
}

func TestWhenAnyOfNothingIsAnError(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := orchestration.WhenAny(ctx).Await()
		return "", err
	})
	require.Contains(t, s.requireFailure().Message, "WhenAny of no tasks")
}

// Racing one long wait again and again, as loops do.
func TestWhenAnyAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (int, error) {
		stop := waitFor(ctx, "Stop")
		for n := 0; ; n++ {
			tick := orchestration.CreateTimer(ctx, time.Minute)
			if winner, err := orchestration.WhenAny(ctx, stop, tick).Await(); winner == stop || err != nil {
				return n, err
			}
		}
	})
	for i := range int64(20) {
		require.Equal(t, []string{fmt.Sprintf("TimerCreated #%d", i+2)}, kinds(s.fire(i+1)))
	}
	require.Equal(t, []string{"TimerCancelled #21", "ExecutionCompleted"}, kinds(s.raise("Stop", `""`)))
	s.requireOutput(`20`)
}

func TestWhenAllJoinsErrorsInTheOrderGiven(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a := orchestration.CallActivity[string](ctx, "A", nil)
		b := orchestration.CallActivity[string](ctx, "B", nil)
		c := orchestration.CallActivity[string](ctx, "C", nil)
		_, err := orchestration.WhenAll(ctx, a, b, c).Await()
		var failed *orchestration.TaskFailedError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "A", failed.Name)
		return fmt.Sprint(err), nil
	})
	s.fail(3, &history.Failure{Message: "third"})
	s.complete(2, `""`)
	s.fail(1, &history.Failure{Message: "first"})
	s.requireOutput(`"activity \"A\" failed: first\nactivity \"C\" failed: third"`)
}

func TestWhenAllOfNothingEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		all := orchestration.WhenAll(ctx)
		require.True(t, all.Done())
		_, err := all.Await()
		return "ok", err
	})
	s.requireOutput(`"ok"`)
}

func TestWhenAllOfTheSameTaskTwice(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a := waitFor(ctx, "A")
		_, err := orchestration.WhenAll(ctx, a, a).Await()
		return "ok", err
	})
	s.raise("A", `"x"`)
	s.requireOutput(`"ok"`)
}

// The slice given to WhenAll may be used again.
func TestWhenAllKeepsItsOwnList(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		bad := orchestration.CallActivity[string](ctx, "Bad", nil)
		tasks := []orchestration.Awaitable{bad}
		all := orchestration.WhenAll(ctx, tasks...)
		tasks[0] = waitFor(ctx, "Other")
		_, err := all.Await()
		return "", err
	})
	s.fail(1, &history.Failure{Message: "no"})
	require.Contains(t, s.requireFailure().Message, "no")
}

func TestCancelledCombinationsEndWithErrCanceledAndTheirTasksGoOn(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a := waitFor(ctx, "A")
		any, all := orchestration.WhenAny(ctx, a), orchestration.WhenAll(ctx, a)
		any.Cancel()
		all.Cancel()
		_, err := any.Await()
		require.ErrorIs(t, err, orchestration.ErrCanceled)
		_, err = all.Await()
		require.ErrorIs(t, err, orchestration.ErrCanceled)
		return a.Await()
	})
	s.raise("A", `"still there"`)
	s.requireOutput(`"still there"`)
}

func TestCancellingWhatAnotherBranchAwaits(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a := waitFor(ctx, "A")
		watcher := orchestration.Go(ctx, func(*orchestration.Context) (string, error) {
			_, err := orchestration.WhenAny(ctx, a).Await()
			return fmt.Sprint(a.Err()), err
		})
		_, _ = waitFor(ctx, "Stop").Await()
		a.Cancel()
		return watcher.Await()
	})
	s.raise("Stop", `""`)
	s.requireOutput(`"task was cancelled"`)
}

func TestOnTimeout(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		now := waitFor(ctx, "A", orchestration.WithTimeout(0)).OnTimeout("set late")
		require.NoError(t, now.Err())
		cancelled := waitFor(ctx, "A", orchestration.WithTimeout(time.Second)).OnTimeout("x")
		cancelled.Cancel()
		require.ErrorIs(t, cancelled.Err(), orchestration.ErrCanceled)
		came := waitFor(ctx, "B", orchestration.WithTimeout(time.Second)).OnTimeout("x")
		failed := orchestration.Event[int]("C").Wait(ctx, orchestration.WithTimeout(time.Second)).OnTimeout(7)
		_, _ = orchestration.WhenAll(ctx, came, failed).Await()
		var wrong *orchestration.ConversionError
		require.ErrorAs(t, failed.Err(), &wrong, "a default is for timeouts alone")
		return results(now, came)
	})
	s.raise("B", `"b"`)
	s.raise("C", `"c"`)
	s.requireOutput(`"set late b"`)
}

func TestDoneAndErrBeforeTheEnd(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a := waitFor(ctx, "A")
		require.False(t, a.Done())
		require.NoError(t, a.Err())
		_, err := a.Await()
		require.True(t, a.Done())
		again, _ := a.Await()
		return again, err
	})
	s.raise("A", `"twice"`)
	s.requireOutput(`"twice"`)
}

func TestTimersForNeverAreNotInThePast(t *testing.T) {
	t.Parallel()
	const never = time.Duration(1<<63 - 1)
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.CreateTimer(ctx, never)
		orchestration.CreateTimerAt(ctx, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		return waitFor(ctx, "A", orchestration.WithTimeout(never)).Await()
	})
	for _, e := range s.events[1:] {
		require.Equal(t, record.LatestTime, e.Due())
	}
	for _, w := range s.x.View().Waits {
		require.Equal(t, record.LatestTime, w.Deadline)
	}
	s.raise("A", `"x"`)
	s.requireOutput(`"x"`)
}

func TestTimersOfThePastAreSet(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := orchestration.CreateTimer(ctx, -time.Hour).Await()
		return "woken", err
	})
	require.Equal(t, dawn.Add(-time.Hour), s.events[1].Due())
	s.fire(1)
	s.requireOutput(`"woken"`)
}

func TestIllegalNamesFailTheTaskAndDecideNothing(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err1 := waitFor(ctx, "").Await()
		_, err2 := call(ctx, "a\nb")
		_, err3 := orchestration.CallActivity[string](ctx, "", nil, orchestration.WithRetry(orchestration.RetryPolicy{})).Await()
		_, err4 := orchestration.CallActivity[string](ctx, "A", func() {}).Await()
		for _, err := range []error{err1, err2, err3} {
			require.ErrorIs(t, err, ident.ErrInvalidName)
		}
		return "", errors.Join(err1, err2, err3, err4)
	})
	require.Contains(t, s.requireFailure().Message, `input of activity "A": json: unsupported type: func()`)
	require.Len(t, s.events, 2)
}
