package orchestration_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// live begins an orchestrator without the checks of a harness, whose replays would
// run the code's deferred calls as well.
func live(t *testing.T, fn func(*orchestration.Context, none) (string, error)) *replay.Orchestrator {
	t.Helper()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", fn))
	x, err := r.Code().Begin(replay.Execution{Instance: "i1", ID: "e1", Name: "Test"}, nil)
	require.NoError(t, err)
	_, err = x.Handle(record.Event{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"})
	require.NoError(t, err)
	return x
}

func TestCloseUnwindsEveryBranchAndRunsItsDefers(t *testing.T) {
	t.Parallel()
	var unwound []string
	note := func(s string) { unwound = append(unwound, s) }
	x := live(t, func(ctx *orchestration.Context, _ none) (string, error) {
		defer note("main")
		for i := range 3 {
			orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
				defer note(fmt.Sprint("outer", i))
				orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
					defer note(fmt.Sprint("inner", i))
					_, err := wait(ctx, "Never")
					return none{}, err
				})
				_, err := call(ctx, "Slow")
				return none{}, err
			})
		}
		_, err := orchestration.CreateTimer(ctx, time.Hour).Await()
		return "", err
	})
	x.Close()
	slices.Sort(unwound)
	require.Equal(t, []string{"inner0", "inner1", "inner2", "main", "outer0", "outer1", "outer2"}, unwound)
	x.Close()
	require.Len(t, unwound, 7, "closing again does nothing")
}

func TestCloseBeforeTheStart(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(*orchestration.Context, none) (string, error) { return "", nil }))
	x, err := r.Code().Begin(replay.Execution{Name: "Test"}, nil)
	require.NoError(t, err)
	require.Empty(t, x.View())
	x.Close()
}

func TestCloseAfterTheEnd(t *testing.T) {
	t.Parallel()
	ran := false
	x := live(t, func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
			defer func() { ran = true }()
			_, err := wait(ctx, "Never")
			return none{}, err
		})
		return wait(ctx, "End")
	})
	decisions, err := x.Handle(record.Event{Kind: history.EventRaised, Name: "End", Data: payload(`"x"`)})
	require.NoError(t, err)
	require.Equal(t, []string{"ExecutionCompleted"}, kinds(decisions))
	x.Close()
	require.True(t, ran, "a branch that still waited was not unwound")
}

// Users' code cannot keep the orchestrator from being unloaded, whatever it does
// with recover.
func TestRecoverCannotSwallowUnloading(t *testing.T) {
	t.Parallel()
	var recovered []any
	beyond := false
	x := live(t, func(ctx *orchestration.Context, _ none) (string, error) {
		defer func() { recovered = append(recovered, recover()) }()
		for {
			func() {
				defer func() { recovered = append(recovered, recover()) }()
				_, _ = wait(ctx, "Never")
			}()
			beyond = true
		}
	})
	x.Close()
	require.Equal(t, []any{nil, nil}, recovered)
	require.False(t, beyond)
}

// Whatever a deferred call asks of its Context while unwinding, it decides nothing
// and does not see the later inputs.
func TestCallsInADeferWhileUnwindingDecideNothing(t *testing.T) {
	t.Parallel()
	type calls = func(ctx *orchestration.Context, w waitOf, timer *orchestration.Task[none])
	for name, use := range map[string]calls{
		"await":       func(_ *orchestration.Context, w waitOf, _ *orchestration.Task[none]) { _, _ = w.Await() },
		"cancel":      func(_ *orchestration.Context, w waitOf, _ *orchestration.Task[none]) { w.Cancel() },
		"cancelTimer": func(_ *orchestration.Context, _ waitOf, timer *orchestration.Task[none]) { timer.Cancel() },
		"activity":    func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) { _, _ = call(ctx, "Clean up") },
		"retry": func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) {
			orchestration.CallActivity[none](ctx, "A", nil, orchestration.WithRetry(orchestration.RetryPolicy{}))
		},
		"timer": func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) {
			orchestration.CreateTimer(ctx, 1)
		},
		"event": func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) { waitFor(ctx, "A") },
		"any":   func(ctx *orchestration.Context, w waitOf, _ *orchestration.Task[none]) { orchestration.WhenAny(ctx, w) },
		"all":   func(ctx *orchestration.Context, w waitOf, _ *orchestration.Task[none]) { orchestration.WhenAll(ctx, w) },
		"status": func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) {
			_ = ctx.SetCustomStatus("gone")
		},
		"next":   func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) { _ = ctx.ContinueAsNew(1) },
		"guid":   func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) { ctx.NewGUID() },
		"random": func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) { ctx.Random() },
		"branch": func(ctx *orchestration.Context, _ waitOf, _ *orchestration.Task[none]) {
			orchestration.Go(ctx, func(*orchestration.Context) (none, error) { panic("started") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var entered, returned, outer bool
			x := live(t, func(ctx *orchestration.Context, _ none) (string, error) {
				w, timer := waitFor(ctx, "A"), orchestration.CreateTimer(ctx, time.Hour)
				defer func() { outer = true }()
				defer func() {
					entered = true
					use(ctx, w, timer)
					returned = true
				}()
				return wait(ctx, "Never")
			})
			before := x.View()
			x.Close()
			require.True(t, entered)
			require.False(t, returned, "the call returned though nothing can come of it")
			require.True(t, outer, "a deferred call further out was left out")
			require.Equal(t, before, x.View())
		})
	}
}

// A deferred call may panic while unwinding; the worker lives on.
func TestAPanicInADeferWhileUnwindingIsContained(t *testing.T) {
	t.Parallel()
	outer := false
	x := live(t, func(ctx *orchestration.Context, _ none) (string, error) {
		defer func() { outer = true }()
		defer func() { panic("in a defer") }()
		return wait(ctx, "Never")
	})
	x.Close()
	require.True(t, outer)
}

// The other way round: unloading in the middle of a panic, where a deferred call
// waits for something.
func TestUnloadingInTheMiddleOfAPanic(t *testing.T) {
	t.Parallel()
	compensate := func(ctx *orchestration.Context, _ none) (string, error) {
		defer func() { _, _ = call(ctx, "Compensate") }()
		panic("at first")
	}
	x := live(t, compensate)
	require.Len(t, x.View().Waits, 1)
	x.Close()

	s := begins(t, "", compensate)
	s.reload()
	s.complete(1, `"x"`)
	require.Equal(t, "at first", s.requireFailure().Message)
}

func TestDefersRunOnceTheOrchestratorReturnsAndMayStillAsk(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (out string, err error) {
		defer func() { out, err = call(ctx, "Clean up") }()
		return wait(ctx, "A")
	})
	require.Equal(t, []string{`TaskScheduled #1 "Clean up"`}, kinds(s.raise("A", `"x"`)))
	s.reload()
	s.complete(1, `"clean"`)
	s.requireOutput(`"clean"`)
}

// An orchestrator that was found to disagree with its history is unloaded too:
// goleak would see it otherwise.
func TestADisagreeingOrchestratorIsUnloaded(t *testing.T) {
	t.Parallel()
	unwound := false
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		defer func() { unwound = true }()
		return call(ctx, "B")
	}))
	_, err := r.Code().Begin(replay.Execution{Name: "Test"}, []record.Event{
		{Kind: history.ExecutionStarted, Time: dawn}, {Kind: history.TaskScheduled, Task: 1, Name: "A"},
	})
	require.ErrorIs(t, err, replay.ErrNonDeterminism)
	require.True(t, unwound)
}
