package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// TestActivityGoesOnWhereItsLastAttemptWas: what an attempt has said of its progress
// is there for the next, and gone when one has succeeded.
func TestActivityGoesOnWhereItsLastAttemptWas(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Copy", func(ctx context.Context, parts int) (int, error) {
			var done int
			if _, err := orchestration.HeartbeatDetails(ctx, &done); err != nil {
				return 0, err
			}
			info, _ := orchestration.ActivityInfoFrom(ctx)
			if info.Attempt != done+1 {
				return 0, orchestration.NonRetryable(errors.New("an attempt did not go on where the last one was"))
			}
			done++
			if err := orchestration.Heartbeat(ctx, done); err != nil || done < parts {
				return 0, errors.Join(err, errors.New("torn away"))
			}
			return done, nil
		}))
		r.Add(orchestration.Orchestrator("Copies", func(ctx *orchestration.Context, parts int) (int, error) {
			policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond, MaxAttempts: 10}
			return orchestration.CallActivity[int](ctx, "Copy", parts, orchestration.WithRetry(policy)).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Copies", 3, "c")
		i := s.completes("c", "3")
		require.Eventually(s, func() bool {
			_, err := s.hub.ReadSegments(s.ctx, "c", []string{record.HeartbeatKey(i.Execution, 1)})
			return errors.Is(err, hub.ErrNotFound)
		}, patience, time.Millisecond, "what was said is still there")
	})
}

func TestActivityThatTakesTooLongFails(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Hang", func(context.Context, orchestration.None) (int, error) {
			<-release
			return 0, nil
		}))
		r.Add(orchestration.Orchestrator("Hangs", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			return orchestration.CallActivity[int](ctx, "Hang", nil, orchestration.WithRunTimeout(10*time.Millisecond)).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Hangs", nil, "h")
		i := s.ends("h")
		require.Equal(s, client.Failed, i.Status)
		require.Equal(s, "Timeout", i.Failure.Cause.Type)
	})
}
