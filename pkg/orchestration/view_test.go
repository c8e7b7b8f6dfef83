package orchestration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestViewListsWaitsOldestFirst(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.CallActivity[none](ctx, "Work", nil)
		waitFor(ctx, "B", orchestration.WithTimeout(time.Minute))
		_, _ = wait(ctx, "A")
		waitFor(ctx, "C")
		orchestration.CreateTimer(ctx, time.Hour)
		return wait(ctx, "D")
	})
	s.raise("A", `"x"`)
	later := dawn.Add(time.Second)
	require.Equal(t, []history.Wait{
		{Kind: history.WaitEvent, Name: "B", Since: dawn, Deadline: dawn.Add(time.Minute)},
		{Kind: history.WaitActivity, Name: "Work", Task: 1, Since: dawn},
		{Kind: history.WaitEvent, Name: "C", Since: later},
		{Kind: history.WaitEvent, Name: "D", Since: later},
		{Kind: history.WaitTimer, Task: 3, Since: later, Deadline: later.Add(time.Hour)},
	}, s.x.View().Waits)
}

func TestViewIsBounded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 49, 50, 51, 200} {
		s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
			for i := range n {
				waitFor(ctx, fmt.Sprint("E", i))
			}
			for range 200 {
				orchestration.CallActivity[none](ctx, "Work", nil)
			}
			return wait(ctx, "End")
		})
		require.Len(t, s.x.View().Waits, 50, "%d events", n)
	}
}

func TestViewOfTheEndShowsNoWaits(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.CallActivity[none](ctx, "Work", nil)
		waitFor(ctx, "A")
		return "", ctx.SetCustomStatus("bye")
	})
	require.Equal(t, replay.View{CustomStatus: []byte(`"bye"`)}, s.x.View())
}

func TestTimersDoNotOutliveTheOrchestrator(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, fail bool) (string, error) {
		orchestration.CreateTimer(ctx, time.Hour)
		waitFor(ctx, "A", orchestration.WithTimeout(time.Hour))
		orchestration.CreateTimer(ctx, time.Hour).Cancel()
		orchestration.CallActivity[none](ctx, "Work", nil)
		orchestration.CreateTimer(ctx, time.Hour)
		_, _ = wait(ctx, "End")
		panic("the end")
	})
	require.Equal(t, []string{"TimerCancelled #1", "TimerCancelled #2", "TimerCancelled #5", "ExecutionFailed"}, kinds(s.raise("End", `""`)))
}

// Inputs that mean nothing to the orchestrator change nothing.
func TestStrayInputs(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		timer, work := orchestration.CreateTimer(ctx, time.Hour), orchestration.CallActivity[string](ctx, "Work", nil)
		timer.Cancel()
		_, _ = work.Await()
		return wait(ctx, "A")
	})
	before := s.x.View()
	s.fire(1)
	s.fire(2) // an activity
	s.fire(99)
	s.complete(99, `"x"`)
	s.complete(0, `"x"`)
	s.resume()
	require.Equal(t, before, s.x.View())
	s.complete(2, `"x"`)
	s.complete(2, `"again"`)
	s.fail(2, &history.Failure{Type: "T"})
	s.raise("A", `"end"`)
	s.requireOutput(`"end"`)
}
