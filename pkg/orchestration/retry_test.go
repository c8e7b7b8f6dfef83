package orchestration_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// attempts hands over an activity that fails with failure each time, its timers firing
// when they are due, and returns the pauses between the attempts. After most
// attempts it completes.
func attempts(t *testing.T, policy orchestration.RetryPolicy, most int, failure *history.Failure) ([]time.Duration, *harness) {
	t.Helper()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		return orchestration.CallActivity[string](ctx, "Flaky", "in", orchestration.WithRetry(policy)).Await()
	})
	pauses := []time.Duration{}
	for range most {
		last := s.events[len(s.events)-1]
		require.Equal(t, history.TaskScheduled, last.Kind)
		require.Equal(t, `"in"`, string(last.Data))
		timers := s.fail(last.Task, failure)
		if timers[0].Kind != history.TimerCreated {
			return pauses, s
		}
		pauses = append(pauses, timers[0].Due().Sub(timers[0].Time))
		s.now = timers[0].Due()
		s.fire(timers[0].Task)
	}
	s.complete(s.events[len(s.events)-1].Task, `"at last"`)
	s.requireOutput(`"at last"`)
	return pauses, s
}

func seconds(list ...float64) []time.Duration {
	out := []time.Duration{}
	for _, s := range list {
		out = append(out, time.Duration(s*float64(time.Second)))
	}
	return out
}

func TestRetryPolicies(t *testing.T) {
	t.Parallel()
	busy := &history.Failure{Type: "Busy", Message: "busy"}
	type policy = orchestration.RetryPolicy
	for name, tc := range map[string]struct {
		policy  policy
		failure *history.Failure
		want    []time.Duration
		fails   bool
	}{
		"defaults":             {policy{}, busy, seconds(1, 1, 1, 1, 1, 1), false},
		"one attempt":          {policy{MaxAttempts: 1}, busy, seconds(), true},
		"three attempts":       {policy{MaxAttempts: 3}, busy, seconds(1, 1), true},
		"constant":             {policy{FirstInterval: 5 * time.Second, MaxAttempts: 4}, busy, seconds(5, 5, 5), true},
		"backoff":              {policy{FirstInterval: time.Second, Backoff: 3, MaxAttempts: 5}, busy, seconds(1, 3, 9, 27), true},
		"broken backoff":       {policy{FirstInterval: time.Second, Backoff: 1.5, MaxAttempts: 4}, busy, seconds(1, 1.5, 2.25), true},
		"longest pause":        {policy{FirstInterval: time.Second, Backoff: 10, MaxInterval: 30 * time.Second, MaxAttempts: 5}, busy, seconds(1, 10, 30, 30), true},
		"longest below first":  {policy{FirstInterval: time.Minute, MaxInterval: time.Second, MaxAttempts: 3}, busy, seconds(1, 1), true},
		"timeout":              {policy{FirstInterval: 10 * time.Second, Timeout: 35 * time.Second}, busy, seconds(10, 10, 10), true},
		"timeout at once":      {policy{FirstInterval: 10 * time.Second, Timeout: 5 * time.Second}, busy, seconds(), true},
		"timeout with backoff": {policy{FirstInterval: time.Second, Backoff: 2, Timeout: 12 * time.Second}, busy, seconds(1, 2, 4), true},
		"endless backoff":      {policy{FirstInterval: time.Hour, Backoff: math.Inf(1), MaxInterval: 2 * time.Hour, MaxAttempts: 3}, busy, seconds(3600, 7200), true},
		"other type":           {policy{NonRetryable: []string{"Other"}, MaxAttempts: 2}, busy, seconds(1), true},
		"type":                 {policy{NonRetryable: []string{"Other", "Busy"}}, busy, seconds(), true},
		"type of a cause":      {policy{NonRetryable: []string{"Busy"}}, &history.Failure{Type: "Wrap", Cause: busy}, seconds(), true},
		"marked":               {policy{}, &history.Failure{Type: "T", NonRetryable: true}, seconds(), true},
		"marked cause":         {policy{}, &history.Failure{Type: "T", Cause: &history.Failure{NonRetryable: true}}, seconds(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pauses, s := attempts(t, tc.policy, 6, tc.failure)
			require.Equal(t, tc.want, pauses)
			if tc.fails {
				require.Equal(t, tc.failure, s.requireFailure().Cause)
			}
		})
	}
}

// A pause that no clock can hold is as long as it can be, not negative.
func TestRetryPausesDoNotOverflow(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		return orchestration.CallActivity[string](ctx, "A", nil, orchestration.WithRetry(orchestration.RetryPolicy{
			FirstInterval: math.MaxInt64, Backoff: 1e300,
		})).Await()
	})
	timers := s.fail(1, &history.Failure{Type: "T"})
	require.Equal(t, record.LatestTime, timers[0].Due())
	s.fire(2)
	require.Equal(t, record.LatestTime, s.fail(3, &history.Failure{Type: "T"})[0].Due())
}

func TestInvalidRetryPolicies(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]orchestration.RetryPolicy{
		"negative interval":     {FirstInterval: -1},
		"negative max interval": {MaxInterval: -1},
		"negative timeout":      {Timeout: -1},
		"negative attempts":     {MaxAttempts: -1},
		"shrinking":             {Backoff: 0.5},
		"negative backoff":      {Backoff: -2},
		"no number":             {Backoff: math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
				return orchestration.CallActivity[string](ctx, "Flaky", nil, orchestration.WithRetry(policy)).Await()
			})
			require.Contains(t, s.requireFailure().Message, `activity "Flaky": invalid retry policy`)
			require.Len(t, s.events, 2, "nothing must be asked for")
		})
	}
}

// A call with a retry policy is made where it stands, like one without, even if
// nothing waits for it.
func TestRetryMakesTheFirstAttemptAtOnce(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.CallActivity[none](ctx, "First", nil, orchestration.WithRetry(orchestration.RetryPolicy{}))
		orchestration.CallActivity[none](ctx, "Second", nil)
		return "sent", nil
	})
	require.Equal(t, []string{
		`ExecutionStarted "Test"`, `TaskScheduled #1 "First"`, `TaskScheduled #2 "Second"`, `ExecutionCompleted`,
	}, kinds(s.events))
}

// Each attempt gets the input of the call.
func TestRetryKeepsTheInput(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		input := map[string]int{"n": 1}
		task := orchestration.CallActivity[string](ctx, "A", input, orchestration.WithRetry(orchestration.RetryPolicy{}))
		input["n"] = 2
		return task.Await()
	})
	s.fail(1, &history.Failure{Type: "T"})
	again := s.fire(2)
	require.Equal(t, `{"n":1}`, string(again[0].Data))
}

func TestCancelledRetryStops(t *testing.T) {
	t.Parallel()
	program := func(ctx *orchestration.Context, _ none) (string, error) {
		task := orchestration.CallActivity[string](ctx, "A", nil, orchestration.WithRetry(orchestration.RetryPolicy{}))
		_, _ = wait(ctx, "Stop")
		task.Cancel()
		_, err := task.Await()
		require.ErrorIs(t, err, orchestration.ErrCanceled)
		return wait(ctx, "End")
	}
	failed := &history.Failure{Type: "T"}

	s := begins(t, "", program)
	s.raise("Stop", `""`)
	require.Empty(t, s.fail(1, failed), "no attempt may follow")

	s = begins(t, "", program)
	s.fail(1, failed)
	require.Equal(t, []string{"TimerCancelled #2"}, kinds(s.raise("Stop", `""`)), "its pause is over")

	s = begins(t, "", program)
	s.fail(1, failed)
	s.fire(2)
	s.raise("Stop", `""`)
	require.Empty(t, s.fail(3, failed))
	s.raise("End", `"ok"`)
	s.requireOutput(`"ok"`)
}

func TestRetryCancelledBeforeItsBranchHasRun(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		task := orchestration.CallActivity[string](ctx, "A", nil, orchestration.WithRetry(orchestration.RetryPolicy{}))
		task.Cancel()
		return wait(ctx, "End")
	})
	require.Empty(t, s.fail(1, &history.Failure{Type: "T"}))
	require.Len(t, s.x.View().Waits, 1)
}
