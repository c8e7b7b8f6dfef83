package orchestration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func delayed[Out any](t *testing.T, fn func(*orchestration.Context, none) (Out, error)) *harness {
	t.Helper()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", fn, orchestration.AsVersion("1")))
	s := harnessFor(t, r, "Test", "")
	t.Cleanup(s.close)
	require.Equal(t, []record.Event{
		record.TimerCreated(1, dawn.Add(time.Hour)).On(dawn),
	}, s.delay(time.Hour))
	return s
}

func TestDelayedStart(t *testing.T) {
	t.Parallel()
	s := delayed(t, func(ctx *orchestration.Context, _ none) ([]string, error) {
		first, _ := wait(ctx, "A")
		return []string{ctx.CurrentTime().Sub(dawn).String(), ctx.Version(), first}, nil
	})
	require.Equal(t, []history.Wait{
		{Kind: history.WaitTimer, Task: 1, Since: dawn, Deadline: dawn.Add(time.Hour)},
	}, s.x.View().Waits)
	require.Empty(t, s.raise("A", `"early"`))
	require.False(t, s.x.Took())
	s.reload()
	s.now = dawn.Add(time.Hour)
	s.fire(1)
	s.requireOutput(`["1h0m0s","1","early"]`)
}

func TestDelayedStartWhileSuspended(t *testing.T) {
	t.Parallel()
	s := delayed(t, func(ctx *orchestration.Context, _ none) (string, error) { return "ran", nil })
	s.suspend()
	require.Empty(t, s.fire(1))
	s.requireRunning()
	s.resume()
	s.requireOutput(`"ran"`)
}

// The events that a rewind adds to a history do not change the state of the code.
func TestRewindingAddsWhatChangesNothing(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		timer, work := orchestration.CreateTimer(ctx, time.Hour), orchestration.CallActivity[string](ctx, "Work", nil)
		_, _ = orchestration.WhenAll(ctx, timer, work, child(ctx)).Await()
		return wait(ctx, "A")
	})
	before := s.x.View()
	for _, kind := range []history.Kind{history.ExecutionRewound, history.TaskRewound, history.ChildRewound, history.TimerRewound} {
		for task := range int64(5) {
			require.Empty(t, s.hand(record.Event{Kind: kind, Task: task}.KeepUntil(dawn)))
		}
	}
	require.Equal(t, before, s.x.View())
	s.reload()
	s.fire(1)
	s.complete(2, `"x"`)
	s.complete(3, `"x"`)
	s.raise("A", `"end"`)
	s.requireOutput(`"end"`)
}
