package worker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// A failure that was handled long ago does not keep a rewind from taking out all
// failures of the fan-out that failed.
func TestRewindOfAFanOutBehindAHandledFailure(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("A", func(_ context.Context, n int) (int, error) {
			if n == 0 || !sound.Load() {
				return 0, errBug
			}
			return n, nil
		}))
		r.Add(orchestration.Orchestrator("O", func(ctx *orchestration.Context, _ int) (int, error) {
			if _, err := orchestration.CallActivity[int](ctx, "A", 0).Await(); err == nil {
				return 0, errors.New("it was to fail")
			}
			if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
				return 0, err
			}
			b, c := orchestration.CallActivity[int](ctx, "A", 1), orchestration.CallActivity[int](ctx, "A", 2)
			x, errB := b.Await()
			y, errC := c.Await()
			return x + y, errors.Join(errB, errC)
		}))
	}
	s := newFixture(t, memhub.New(memhub.Config{}), register)
	s.work()
	s.start("O", 0, "o")
	s.waits("o", "Go")
	s.raise("o", "Go", "1")
	require.Equal(t, client.Failed, s.ends("o").Status)
	sound.Store(true)
	for range 3 {
		s.rewind("o")
		before := s.ends("o").Execution
		i := s.until("o", func(i *client.Instance) bool {
			return i.Execution != before && i.Status != client.Running || i.Status == client.Completed
		})
		if i.Status == client.Completed {
			require.Equal(t, "3", string(i.Output))
			return
		}
	}
	i := s.ends("o")
	require.Equal(t, client.Completed, i.Status, "%s: %+v", i.Execution, i.Failure)
}
