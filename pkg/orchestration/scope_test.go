package orchestration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// everything asks for one task of each sort.
func everything(ctx *orchestration.Context, n int) []orchestration.Awaitable {
	outside := orchestration.Event[string]("Never").Wait(ctx)
	return []orchestration.Awaitable{
		orchestration.CreateTimer(ctx, time.Hour),
		outside,
		waitFor(ctx, fmt.Sprint("Timed", n), orchestration.WithTimeout(time.Hour)),
		orchestration.CallActivity[string](ctx, "Work", nil),
		orchestration.CallActivity[string](ctx, "Flaky", nil, orchestration.WithRetry(orchestration.RetryPolicy{})),
		child(ctx, orchestration.WithInstanceID(fmt.Sprint("c", n))),
		child(ctx, orchestration.WithInstanceID(fmt.Sprint("r", n)), orchestration.WithRetry(orchestration.RetryPolicy{})),
		orchestration.Go(ctx, func(ctx *orchestration.Context) (string, error) { return wait(ctx, "Branch") }),
		orchestration.WhenAll(ctx, outside),
	}
}

func TestCancelEndsWhateverWasAskedForInTheOrderItWas(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		scoped, cancel := orchestration.WithCancel(ctx)
		other := orchestration.CreateTimer(ctx, time.Hour) // #1
		tasks := everything(scoped, 1)
		_, _ = wait(ctx, "Stop")
		cancel()
		cancel()
		const branch = 7
		for i, task := range tasks {
			if i == branch {
				require.False(t, task.Done(), "it may have to clean up")
				continue
			}
			require.ErrorIs(t, task.Err(), orchestration.ErrCanceled, "task %d", i)
		}
		require.False(t, other.Done())
		_, err := orchestration.WhenAll(ctx, tasks[branch]).Await()
		require.ErrorIs(t, err, orchestration.ErrCanceled)
		return wait(ctx, "End")
	})
	require.Equal(t, []string{
		"TimerCancelled #2", "TimerCancelled #3", "ChildTerminated #6", "ChildTerminated #7",
	}, kinds(s.raise("Stop", `""`)))
	require.Equal(t, []string{"End"}, s.waits(), "what the branch waits for is cancelled as well")
	s.raise("End", `"end"`)
	s.requireOutput(`"end"`)
}

// A wait for a branch that was cancelled ends when the branch has cleaned up.
func TestCancelledBranchCleansUp(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		scoped, cancel := orchestration.WithCancel(ctx)
		branch := orchestration.Go(scoped, func(scoped *orchestration.Context) (string, error) {
			_, err := wait(scoped, "Never")
			require.ErrorIs(t, err, orchestration.ErrCanceled)
			return orchestration.CallActivity[string](ctx, "Work", nil).Await()
		})
		_, _ = wait(ctx, "Stop")
		cancel()
		return branch.Await()
	})
	require.Equal(t, []string{`TaskScheduled #1 "Work"`}, kinds(s.raise("Stop", `""`)))
	s.complete(1, `"clean"`)
	s.requireOutput(`"clean"`)
}

func TestWhatIsAskedForInACancelledScopeDoesNothing(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		scoped, cancel := orchestration.WithCancel(ctx)
		inner, _ := orchestration.WithCancel(scoped)
		cancel()
		for _, c := range []*orchestration.Context{scoped, inner} {
			for i, task := range everything(c, 1) {
				require.ErrorIs(t, task.Err(), orchestration.ErrCanceled, "task %d", i)
			}
			_, err := orchestration.WhenAny(c, waitFor(ctx, "Other")).Await()
			require.ErrorIs(t, err, orchestration.ErrCanceled)
			require.ErrorIs(t, orchestration.Event[any]("A").Send(c, "i2", nil), orchestration.ErrCanceled)
		}
		return "end", nil
	})
	require.Equal(t, []string{`ExecutionStarted "Test"`, "ExecutionCompleted"}, kinds(s.events))
}

func TestNestedScopes(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		outer, cancelOuter := orchestration.WithCancel(ctx)
		inner, cancelInner := orchestration.WithCancel(outer)
		timer := func(ctx *orchestration.Context) *orchestration.Task[none] {
			return orchestration.CreateTimer(ctx, time.Hour)
		}
		a, b, c, d := timer(outer), timer(inner), timer(outer), timer(inner)
		early := timer(inner)
		early.Cancel()
		_, _ = wait(ctx, "Inner")
		cancelInner()
		require.True(t, b.Done() && d.Done())
		require.False(t, a.Done() || c.Done())
		again, _ := orchestration.WithCancel(outer)
		timer(again)
		timer(outer)
		_, _ = wait(ctx, "Outer")
		cancelOuter()
		cancelInner()
		return wait(ctx, "End")
	})
	require.Equal(t, []string{"TimerCancelled #2", "TimerCancelled #4", "TimerCreated #6", "TimerCreated #7"}, kinds(s.raise("Inner", `""`)))
	require.Equal(t, []string{"TimerCancelled #1", "TimerCancelled #3", "TimerCancelled #6", "TimerCancelled #7"}, kinds(s.raise("Outer", `""`)))
}

// A branch may cancel the scope that it is in: it goes on, but waits for nothing.
func TestBranchCancelsItsOwnScope(t *testing.T) {
	t.Parallel()
	var log []string
	s := begins(t, "", func(ctx *orchestration.Context, _ none) ([]string, error) {
		log = nil
		scoped, cancel := orchestration.WithCancel(ctx)
		defer cancel()
		first := func(name string) *orchestration.Task[string] {
			return orchestration.Go(scoped, func(ctx *orchestration.Context) (string, error) {
				got, err := wait(ctx, name)
				if err != nil {
					log = append(log, name+" "+err.Error())
					return "", err
				}
				cancel()
				_, err = wait(ctx, "More")
				log = append(log, name+" won "+err.Error())
				return got, nil
			})
		}
		a, b := first("A"), first("B")
		_, err := orchestration.WhenAny(ctx, a, b).Await()
		require.NoError(t, err)
		require.ErrorIs(t, a.Err(), orchestration.ErrCanceled)
		require.NoError(t, b.Err())
		_, _ = wait(ctx, "End")
		return log, nil
	})
	s.raise("B", `"b"`)
	s.raise("End", `""`)
	s.requireOutput(`["B won task was cancelled","A task was cancelled"]`)
}

func TestEventsGoPastACancelledScope(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		scoped, cancel := orchestration.WithCancel(ctx)
		waitFor(scoped, "A")
		last := waitFor(ctx, "A")
		cancel()
		return last.Await()
	})
	s.raise("A", `"x"`)
	s.requireOutput(`"x"`)
}

// Cancelling in a deferred call, as one does, decides nothing where the
// orchestrator is unloaded.
func TestDeferredCancelWhileUnloading(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		scoped, cancel := orchestration.WithCancel(ctx)
		defer cancel()
		orchestration.CreateTimer(scoped, time.Hour)
		child(scoped, orchestration.WithInstanceID("c1"))
		return wait(ctx, "A")
	})
	s.reload()
	require.Equal(t, []string{"TimerCancelled #1", "ChildTerminated #2", "ExecutionCompleted"}, kinds(s.raise("A", `"x"`)))
}
