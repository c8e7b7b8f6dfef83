package worker_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// An activity that the code has cancelled before the failure, and that has ended long
// ago, is not wanted any more: a rewind does not run it again.
func TestRewindDoesNotRunCancelledActivities(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("A", func(_ context.Context, n int) (int, error) {
			runs.Add(int32(n))
			return 1, nil
		}))
		r.Add(orchestration.Orchestrator("O", func(ctx *orchestration.Context, _ int) (int, error) {
			a := orchestration.CallActivity[int](ctx, "A", 1)
			if _, err := orchestration.Event[int]("Cancel").Wait(ctx).Await(); err != nil {
				return 0, err
			}
			a.Cancel()
			if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
				return 0, err
			}
			if !sound.Load() {
				return 0, errBug
			}
			return orchestration.CallActivity[int](ctx, "A", 100).Await()
		}))
	}
	s := newFixture(t, memhub.New(memhub.Config{}), register)
	stop := s.work()
	s.start("O", 0, "o")
	s.raise("o", "Cancel", "1")
	s.raise("o", "Go", "1")
	require.Equal(t, client.Failed, s.ends("o").Status)
	stop()
	sound.Store(true)
	stop = s.work()
	s.rewind("o")
	s.until("o", func(i *client.Instance) bool { return i.Status == client.Completed })
	stop() // what is at work finishes
	require.EqualValues(t, 101, runs.Load())
}
