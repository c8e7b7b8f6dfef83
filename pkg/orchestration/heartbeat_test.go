package orchestration_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func performs(t *testing.T, run replay.ActivityRun, fn func(context.Context, none) (string, error)) (string, *history.Failure) {
	t.Helper()
	r := &orchestration.Registry{}
	r.Add(orchestration.Activity("A", fn))
	run.Name = "A"
	result, failure := r.Code().Perform(t.Context(), run)
	return string(result), failure
}

func TestHeartbeatDetailsReachTheNextRun(t *testing.T) {
	t.Parallel()
	var said [][]byte
	run := replay.ActivityRun{Heartbeat: func(details []byte) { said = append(said, details) }}
	work := func(ctx context.Context, _ none) (string, error) {
		var done []string
		found, err := orchestration.HeartbeatDetails(ctx, &done)
		if err != nil {
			return "", err
		}
		if found {
			return strings.Join(done, " "), nil
		}
		for _, part := range []string{"a", "b"} {
			done = append(done, part)
			if err := orchestration.Heartbeat(ctx, done); err != nil {
				return "", err
			}
		}
		return "", context.Canceled
	}
	_, failure := performs(t, run, work)
	require.NotNil(t, failure)
	require.Len(t, said, 2)
	run.Details = said[1]
	result, failure := performs(t, run, work)
	require.Nil(t, failure)
	require.Equal(t, `"a b"`, result)
}

func TestHeartbeatRefuses(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, orchestration.Heartbeat(t.Context(), 1), "not an activity's")
	_, err := orchestration.HeartbeatDetails(t.Context(), new(int))
	require.ErrorContains(t, err, "not an activity's")
	_, failure := performs(t, replay.ActivityRun{Details: []byte(`"text"`)}, func(ctx context.Context, _ none) (string, error) {
		require.NoError(t, orchestration.Heartbeat(ctx, 1), "nobody listens")
		require.ErrorIs(t, orchestration.Heartbeat(ctx, strings.Repeat("x", 17<<10)), orchestration.ErrTooLarge)
		require.Error(t, orchestration.Heartbeat(ctx, func() {}))
		_, err := orchestration.HeartbeatDetails(ctx, new(int))
		return "", err
	})
	require.Contains(t, failure.Message, "heartbeat details")
}

func TestActivityInfoTellsAttempts(t *testing.T) {
	t.Parallel()
	run := replay.ActivityRun{Delivery: 2, Activity: hub.Activity{
		Instance: "i", Execution: "e-r3", Task: 9, Call: record.Call{First: 4, Attempt: 3},
	}}
	_, failure := performs(t, run, func(ctx context.Context, _ none) (string, error) {
		info, ok := orchestration.ActivityInfoFrom(ctx)
		require.True(t, ok)
		require.Equal(t, orchestration.ActivityInfo{
			Name: "A", InstanceID: "i", ExecutionID: "e", Task: 9, Attempt: 3, FirstTask: 4, Delivery: 2,
		}, info)
		return "", nil
	})
	require.Nil(t, failure)
}

func TestCallsSayHowTheyAreMade(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.CallActivity[string](ctx, "Plain", nil)
		orchestration.CallActivity[string](ctx, "Bounded", nil, orchestration.WithRunTimeout(time.Minute))
		policy := orchestration.RetryPolicy{FirstInterval: time.Second, MaxAttempts: 3}
		return orchestration.CallActivity[string](ctx, "Again", nil, orchestration.WithRetry(policy), orchestration.WithRunTimeout(time.Second)).Await()
	})
	var calls []record.Call
	for _, e := range s.events {
		if e.Kind == history.TaskScheduled {
			calls = append(calls, e.Call())
		}
	}
	require.Equal(t, []record.Call{{}, {Timeout: time.Minute}, {Timeout: time.Second}}, calls)
	s.fail(3, &history.Failure{Type: "E"})
	decisions := s.fire(4)
	require.Equal(t, record.Call{First: 3, Attempt: 2, Timeout: time.Second}, decisions[0].Call())
}
