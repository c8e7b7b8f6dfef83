package orchestration_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// trespasses are all the ways to use a Context, by the name that the error must give.
var trespasses = map[string]func(*orchestration.Context, waitOf){
	"Await":                func(_ *orchestration.Context, t waitOf) { _, _ = t.Await() },
	"Done":                 func(_ *orchestration.Context, t waitOf) { t.Done() },
	"Err":                  func(_ *orchestration.Context, t waitOf) { _ = t.Err() },
	"Cancel":               func(_ *orchestration.Context, t waitOf) { t.Cancel() },
	"OnTimeout":            func(_ *orchestration.Context, t waitOf) { t.OnTimeout("x") },
	"CurrentTime":          func(ctx *orchestration.Context, _ waitOf) { ctx.CurrentTime() },
	"IsReplaying":          func(ctx *orchestration.Context, _ waitOf) { ctx.IsReplaying() },
	"Logger":               func(ctx *orchestration.Context, _ waitOf) { ctx.Logger() },
	"SetCustomStatus":      func(ctx *orchestration.Context, _ waitOf) { _ = ctx.SetCustomStatus(1) },
	"NewGUID":              func(ctx *orchestration.Context, _ waitOf) { ctx.NewGUID() },
	"Random":               func(ctx *orchestration.Context, _ waitOf) { ctx.Random() },
	"ContinueAsNew":        func(ctx *orchestration.Context, _ waitOf) { _ = ctx.ContinueAsNew(1) },
	"WithCancel":           func(ctx *orchestration.Context, _ waitOf) { orchestration.WithCancel(ctx) },
	"Go":                   func(ctx *orchestration.Context, t waitOf) { orchestration.Go(ctx, waitNone) },
	"WhenAny":              func(ctx *orchestration.Context, t waitOf) { orchestration.WhenAny(ctx, t) },
	"WhenAll":              func(ctx *orchestration.Context, t waitOf) { orchestration.WhenAll(ctx, t) },
	"Version":              func(ctx *orchestration.Context, _ waitOf) { orchestration.Version(ctx, "change", 1, 2) },
	"Event.Send":           func(ctx *orchestration.Context, _ waitOf) { _ = orchestration.Event[any]("E").Send(ctx, "i2", nil) },
	"CreateTimerAt":        func(ctx *orchestration.Context, _ waitOf) { orchestration.CreateTimerAt(ctx, dawn) },
	"CreateTimer":          func(ctx *orchestration.Context, _ waitOf) { orchestration.CreateTimer(ctx, time.Hour) },
	"CallActivity":         func(ctx *orchestration.Context, _ waitOf) { orchestration.CallActivity[none](ctx, "A", nil) },
	"CallSubOrchestration": func(ctx *orchestration.Context, _ waitOf) { orchestration.CallSubOrchestration[none](ctx, "O", nil) },
	"Event.Wait":           func(ctx *orchestration.Context, _ waitOf) { waitFor(ctx, "B") },
}

func waitNone(*orchestration.Context) (none, error) { return none{}, nil }

// begin begins an orchestrator that soon would be taken to be stuck, but not before
// the test is over.
func begin(t *testing.T, fn func(*orchestration.Context, none) (string, error)) *replay.Orchestrator {
	t.Helper()
	r := &orchestration.Registry{StuckAfter: time.Hour}
	r.Add(orchestration.Orchestrator("Test", fn))
	x, err := r.Code().Begin(replay.Execution{Instance: "i1", ID: "e1", Name: "Test"}, nil)
	require.NoError(t, err)
	return x
}

func requireForeign(t *testing.T, err error, call string) *replay.ForeignGoroutineError {
	t.Helper()
	var foreign *replay.ForeignGoroutineError
	require.ErrorAs(t, err, &foreign)
	require.ErrorIs(t, err, replay.ErrForeignGoroutine)
	require.Equal(t, call, foreign.Call)
	require.Equal(t, "Test", foreign.Orchestrator)
	require.Contains(t, foreign.At, "_test.go:")
	require.Contains(t, foreign.Error(), "orchestration.Go")
	return foreign
}

// A goroutine that a go statement has started uses the Context while the orchestrator
// waits for it in a way that is no Await: the usual fan-out.
func TestForeignGoroutineBreaksTheOrchestratorOff(t *testing.T) {
	t.Parallel()
	for call, trespass := range trespasses {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			beyond := false
			x := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
				task := waitFor(ctx, "A")
				var foreign sync.WaitGroup
				foreign.Go(func() {
					trespass(ctx, task)
					beyond = true
				})
				foreign.Wait()
				return "", nil
			})
			_, err := x.Handle(started)
			foreign := requireForeign(t, err, call)
			require.Eventually(t, foreign.Returned, 10*time.Second, time.Millisecond)
			require.False(t, beyond)
			_, err = x.Handle(started)
			require.ErrorIs(t, err, replay.ErrForeignGoroutine, "it is lost for good")
			require.Empty(t, x.View())
			x.Close()
		})
	}
}

// A goroutine that is still there when the orchestrator waits does no harm until the
// next input comes.
func TestForeignGoroutineWhileTheOrchestratorWaits(t *testing.T) {
	t.Parallel()
	for call, trespass := range trespasses {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			parked, over := make(chan struct{}), make(chan struct{})
			unwound := false
			x := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
				defer func() { unwound = true }()
				task := waitFor(ctx, "A")
				go func() {
					defer close(over)
					<-parked
					trespass(ctx, task)
				}()
				return task.Await()
			})
			_, err := x.Handle(started)
			require.NoError(t, err)
			close(parked)
			<-over
			_, err = x.Handle(record.Event{Kind: history.EventRaised, Name: "A", Data: payload(`"x"`)})
			require.True(t, requireForeign(t, err, call).Returned(), "no code is out")
			x.Close()
			require.True(t, unwound)
		})
	}
}

// Code that waits for a foreign goroutine which has been ended would wait for ever: its
// caller does not wait with it.
func TestCodeThatWaitsForAForeignGoroutineIsLeftBehind(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	x := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
		results := make(chan string)
		go func() {
			result, _ := call(ctx, "A")
			results <- result
		}()
		select {
		case result := <-results:
			return result, nil
		case <-release:
			return "", nil
		}
	})
	_, err := x.Handle(started)
	foreign := requireForeign(t, err, "CallActivity")
	require.Contains(t, foreign.Stack, "TestCodeThatWaitsForAForeignGoroutineIsLeftBehind")
	require.False(t, foreign.Returned())
	x.Close()
	close(release)
	require.Eventually(t, foreign.Returned, 10*time.Second, time.Millisecond)
}

// A goroutine that an unloaded orchestrator left behind ends without a trace.
func TestForeignGoroutineAfterTheOrchestratorIsUnloaded(t *testing.T) {
	t.Parallel()
	unloaded, over := make(chan struct{}), make(chan struct{})
	x := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
		go func() {
			defer close(over)
			<-unloaded
			_ = ctx.SetCustomStatus(1)
		}()
		return wait(ctx, "A")
	})
	_, err := x.Handle(started)
	require.NoError(t, err)
	x.Close()
	close(unloaded)
	<-over
}

// A logger and random numbers outlive the call that they come from.
func TestWhatAContextHasGivenAwayIsSafe(t *testing.T) {
	t.Parallel()
	x := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
		logger, random := ctx.Logger(), ctx.Random()
		var foreign sync.WaitGroup
		foreign.Go(func() { logger.DebugContext(context.Background(), "may be used anywhere") })
		foreign.Wait()
		foreign.Go(func() { random.Int() })
		foreign.Wait()
		return "", nil
	})
	_, err := x.Handle(started)
	var foreign *replay.ForeignGoroutineError
	require.ErrorAs(t, err, &foreign)
	require.Equal(t, "Uint64", foreign.Call)
	x.Close()
}

// Code of one instance that uses a task of another fails itself, and nobody else.
func TestTaskOfAnotherInstance(t *testing.T) {
	t.Parallel()
	var task waitOf
	owner := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
		task = waitFor(ctx, "A")
		return task.Await()
	})
	_, err := owner.Handle(started)
	require.NoError(t, err)
	thief := begin(t, func(*orchestration.Context, none) (string, error) { return task.Await() })
	decisions, err := thief.Handle(started)
	require.NoError(t, err)
	require.Equal(t, []string{"ExecutionFailed"}, kinds(decisions))
	require.Contains(t, decisions[0].Failure.Message, `Await was called with a Context or a task of another instance, "i1"`)
	for _, combine := range []func(*orchestration.Context){
		func(ctx *orchestration.Context) { orchestration.WhenAny(ctx, waitFor(ctx, "B"), task) },
		func(ctx *orchestration.Context) { orchestration.WhenAll(ctx, task) },
	} {
		thief := begin(t, func(ctx *orchestration.Context, _ none) (string, error) {
			combine(ctx)
			return "", nil
		})
		decisions, err := thief.Handle(started)
		require.NoError(t, err)
		require.Equal(t, []string{"ExecutionFailed"}, kinds(decisions))
		require.Regexp(t, `When(Any|All) was called with a Context or a task of another instance, "i1"`, decisions[0].Failure.Message)
	}
	decisions, err = owner.Handle(record.Event{Kind: history.EventRaised, Name: "A", Data: payload(`"x"`)})
	require.NoError(t, err)
	require.Equal(t, []string{"ExecutionCompleted"}, kinds(decisions))
}
