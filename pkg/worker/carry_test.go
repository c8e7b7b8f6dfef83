package worker_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The progress that an activity has reported before its instance failed is there for it
// after the rewind.
func TestActivityGoesOnWhereItWasBeforeARewind(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Copy", func(ctx context.Context, _ orchestration.None) (int, error) {
			var done int
			if _, err := orchestration.HeartbeatDetails(ctx, &done); err != nil || done == 7 {
				return done, err
			}
			return 0, errors.Join(orchestration.Heartbeat(ctx, 7), errors.New("torn away"))
		}))
		r.Add(orchestration.Orchestrator("Copies", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			return orchestration.CallActivity[int](ctx, "Copy", nil).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Copies", nil, "c")
		require.Equal(s, client.Failed, s.ends("c").Status)
		require.NoError(s, s.client.Rewind(s.ctx, "c", "try again"))
		s.until("c", func(i *client.Instance) bool { return i.Status == client.Completed })
		s.completes("c", "7")
	})
}

// The custom status stands over ContinueAsNew until the next generation sets another.
func TestCustomStatusStandsOverContinueAsNew(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Carries", func(ctx *orchestration.Context, n int) (int, error) {
			if n == 1 {
				if err := ctx.SetCustomStatus("of generation 1"); err != nil {
					return 0, err
				}
			}
			if _, err := orchestration.Event[orchestration.None]("Next").Wait(ctx).Await(); err != nil || n == 4 {
				return n, err
			}
			return 0, ctx.ContinueAsNew(n + 1)
		}))
	}
	each(t, register, func(s *fixture) {
		stop := s.work()
		s.start("Carries", 1, "c")
		for n := range int64(3) {
			s.until("c", func(i *client.Instance) bool { return i.Generation == n && len(i.Waits) == 1 })
			s.raise("c", "Next", "")
		}
		i := s.until("c", func(i *client.Instance) bool { return i.Generation == 3 && len(i.Waits) == 1 })
		require.JSONEq(s, `"of generation 1"`, string(i.CustomStatus))
		stop()
		s.work()
		s.raise("c", "Next", "")
		i = s.completes("c", "4")
		require.JSONEq(s, `"of generation 1"`, string(i.CustomStatus))
	})
}

// The history of a failed instance ends with the reason.
func TestHistoryOfAFailedInstanceEndsWithTheReason(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Fails", func(*orchestration.Context, orchestration.None) (int, error) {
			return 0, errors.New("no luck")
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Fails", nil, "f")
		s.ends("f")
		events, err := s.client.History(s.ctx, "f")
		require.NoError(s, err)
		last := events[len(events)-1]
		require.NotNil(s, last.Failure)
		require.Equal(s, "no luck", last.Failure.Message)
	})
}

// A worker tells the hub which activities it has.
func TestWorkersRegisterTheirActivities(t *testing.T) {
	t.Parallel()
	each(t, twoSteps("First"), func(s *fixture) {
		s.work()
		require.Eventually(s, func() bool {
			names, err := s.client.Registry().Activities(s.ctx)
			return err == nil && slices.Equal(names, []string{"First", "Other"})
		}, patience, time.Millisecond)
	})
}
