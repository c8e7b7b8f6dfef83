package orchestration_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestBranchesRunInTheOrderTheyBecameReady(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		var log strings.Builder
		var tasks []orchestration.Awaitable
		for i := range 3 {
			tasks = append(tasks, orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
				fmt.Fprintf(&log, "%d", i)
				inner := orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
					fmt.Fprintf(&log, "(%d)", i)
					_, err := call(ctx, fmt.Sprint("inner", i))
					fmt.Fprintf(&log, "(%d)", i)
					return none{}, err
				})
				_, err := call(ctx, fmt.Sprint("outer", i))
				fmt.Fprintf(&log, "%d", i)
				_, _ = inner.Await()
				return none{}, err
			}))
		}
		log.WriteString("main")
		_, err := orchestration.WhenAll(ctx, tasks...).Await()
		return log.String(), err
	})
	require.Equal(t, []string{
		`ExecutionStarted "Test"`, `TaskScheduled #1 "outer0"`, `TaskScheduled #2 "outer1"`, `TaskScheduled #3 "outer2"`,
		`TaskScheduled #4 "inner0"`, `TaskScheduled #5 "inner1"`, `TaskScheduled #6 "inner2"`,
	}, kinds(s.events))
	for _, task := range []int64{5, 1, 6, 2, 4, 3} {
		s.complete(task, `"x"`)
	}
	s.requireOutput(`"main012(0)(1)(2)(1)0(2)1(0)2"`)
}

func TestABranchThatPanicsFailsItsTaskAlone(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		bad := orchestration.Go(ctx, func(*orchestration.Context) (int, error) { panic(errors.New("boom")) })
		n, err := bad.Await()
		require.Zero(t, n)
		got, _ := wait(ctx, "A")
		return got + " " + fmt.Sprint(err), nil
	})
	s.raise("A", `"on we go:"`)
	s.requireOutput(`"on we go: boom"`)
}

func TestABranchesErrorIsItsTasks(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := orchestration.Go(ctx, func(*orchestration.Context) (int, error) { return 1, mine }).Await()
		require.ErrorIs(t, err, mine)
		return "ok", nil
	})
	s.requireOutput(`"ok"`)
}

func TestABranchStillWaitingAtTheEndIsAbandoned(t *testing.T) {
	t.Parallel()
	after := false
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
			_, _ = wait(ctx, "B")
			after = true
			return none{}, nil
		})
		return wait(ctx, "A")
	})
	s.raise("A", `"end"`)
	require.Empty(t, s.raise("B", `"too late"`))
	s.close()
	require.False(t, after)
	s.requireOutput(`"end"`)
}

// Of two branches that one input makes ready, the one whose turn is first may end
// the orchestrator: the other does not run any more.
func TestABranchThatEndsTheOrchestratorWhileOthersAreReady(t *testing.T) {
	t.Parallel()
	after := false
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a := waitFor(ctx, "A")
		orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
			_, _ = orchestration.WhenAll(ctx, a).Await()
			after = true
			orchestration.CreateTimer(ctx, time.Hour)
			return none{}, nil
		})
		return a.Await()
	})
	require.Equal(t, []string{"ExecutionCompleted"}, kinds(s.raise("A", `"x"`)))
	require.False(t, after)
}

// A branch made by the last line never starts, and leaves nothing behind.
func TestABranchThatNeverStarts(t *testing.T) {
	t.Parallel()
	started := false
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
			started = true
			return none{}, nil
		})
		return "end", nil
	})
	s.requireOutput(`"end"`)
	s.close()
	require.False(t, started)
}

func TestBranchesMayShareVariables(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (int, error) {
		sum := 0
		var tasks []orchestration.Awaitable
		for range 50 {
			tasks = append(tasks, orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
				n, err := orchestration.Event[int]("N").Wait(ctx).Await()
				sum += n
				return none{}, err
			}))
		}
		_, err := orchestration.WhenAll(ctx, tasks...).Await()
		return sum, err
	})
	for i := range 50 {
		s.raise("N", asJSON(t, i))
	}
	s.requireOutput(`1225`)
}

func TestGoexitFailsTheInstance(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]func(*orchestration.Context, none) (string, error){
		"main": func(*orchestration.Context, none) (string, error) {
			runtime.Goexit()
			return "", nil
		},
		"after a wait": func(ctx *orchestration.Context, _ none) (string, error) {
			_, _ = call(ctx, "A")
			runtime.Goexit()
			return "", nil
		},
		"in a branch": func(ctx *orchestration.Context, _ none) (string, error) {
			orchestration.Go(ctx, func(*orchestration.Context) (none, error) {
				runtime.Goexit()
				return none{}, nil
			})
			return wait(ctx, "A")
		},
		"with a defer that panics": func(*orchestration.Context, none) (string, error) {
			defer panic("on top of it")
			runtime.Goexit()
			return "", nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", program)
			if s.end() == nil {
				s.complete(1, `"x"`)
			}
			require.Contains(t, s.requireFailure().Message, "runtime.Goexit")
		})
	}
}

func TestManyBranches(t *testing.T) {
	t.Parallel()
	const n = 500
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (int, error) {
		var tasks []orchestration.Awaitable
		for range n {
			tasks = append(tasks, orchestration.Go(ctx, func(ctx *orchestration.Context) (string, error) { return call(ctx, "A") }))
		}
		_, err := orchestration.WhenAll(ctx, tasks...).Await()
		return len(tasks), err
	}))
	s := harnessFor(t, r, "Test", "")
	defer s.close()
	s.trusting = true
	s.start()
	require.Len(t, s.x.View().Waits, 50, "a view is bounded")
	for i := range n {
		s.hand(record.Event{Kind: history.TaskCompleted, Task: int64((i*7)%n) + 1, Data: payload(`"x"`)})
	}
	s.requireOutput("500")
	s.checkReplay()
}
