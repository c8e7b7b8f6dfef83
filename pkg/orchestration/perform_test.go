package orchestration_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// within returns a run that may take that long.
func within(timeout time.Duration) replay.ActivityRun {
	return replay.ActivityRun{Activity: hub.Activity{Call: record.Call{Timeout: timeout}}}
}

func TestRunThatDoesNotComeBackIsLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		begun := time.Now()
		_, failure := performs(t, within(time.Minute), func(context.Context, none) (string, error) {
			<-release
			return "late", nil
		})
		require.Equal(t, &history.Failure{Type: "Timeout", Message: "the run took longer than 1m0s"}, failure)
		require.Less(t, time.Since(begun), time.Minute+time.Second)
		close(release)
	})
}

// One that heeds its context has the last word.
func TestRunThatHeedsItsContext(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want *history.Failure
	}{
		"no error": {nil, nil},
		"an error": {context.DeadlineExceeded, &history.Failure{
			Type: "Timeout", Message: "the run took longer than 1m0s: context deadline exceeded",
			Cause: &history.Failure{Type: "context.deadlineExceededError", Message: "context deadline exceeded"},
		}},
		"a marked error": {orchestration.NonRetryable(errors.New("give up")), &history.Failure{
			Type: "Timeout", Message: "the run took longer than 1m0s: give up", NonRetryable: true,
			Cause: &history.Failure{Type: "*errors.errorString", Message: "give up", NonRetryable: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				result, failure := performs(t, within(time.Minute), func(ctx context.Context, _ none) (string, error) {
					<-ctx.Done()
					return "all the same", tc.err
				})
				require.Equal(t, tc.want, failure)
				require.Equal(t, tc.want == nil, result == `"all the same"`)
			})
		})
	}
}

func TestRunWithinItsTime(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, time.Hour, math.MaxInt64} {
		synctest.Test(t, func(t *testing.T) {
			_, failure := performs(t, within(timeout), func(ctx context.Context, _ none) (string, error) {
				_, bounded := ctx.Deadline()
				require.Equal(t, timeout > 0, bounded)
				time.Sleep(59 * time.Minute)
				return "", errors.New("no luck")
			})
			require.Equal(t, &history.Failure{Type: "*errors.errorString", Message: "no luck"}, failure)
		})
	}
}

// A worker that has to stop ends the contexts of its activities: their time is not
// up by that.
func TestRunThatIsStoppedIsNotLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &orchestration.Registry{}
		r.Add(orchestration.Activity("A", func(ctx context.Context, _ none) (string, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			return "", context.Cause(ctx)
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		run := within(time.Hour)
		run.Name = "A"
		_, failure := r.Code().Perform(ctx, run)
		require.Equal(t, "context.deadlineExceededError", failure.Type)
	})
}

func TestNegativeRunTimeoutIsRefused(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		return orchestration.CallActivity[string](ctx, "A", nil, orchestration.WithRunTimeout(-1)).Await()
	})
	require.Contains(t, s.requireFailure().Message, `activity "A": the timeout must not be negative`)
	require.Len(t, s.events, 2, "nothing must be asked for")
}
