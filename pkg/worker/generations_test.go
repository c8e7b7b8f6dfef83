package worker_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// TestRule5GenerationsTooLargeForOneTurn: what many generations ask for is more
// than one value can hold; they are closed in several turns.
func TestRule5GenerationsTooLargeForOneTurn(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		orchestration.RegisterActivity(r, "Length", func(_ context.Context, s string) (int, error) { return len(s), nil })
		orchestration.RegisterOrchestrator(r, "Large", func(ctx *orchestration.Context, left int) (string, error) {
			if _, err := orchestration.WaitForExternalEvent[int](ctx, "Item").Await(); err != nil {
				return "", err
			}
			orchestration.CallActivity[int](ctx, "Length", strings.Repeat("x", 100_000))
			if left == 1 {
				return "done", nil
			}
			return "", ctx.ContinueAsNew(left - 1)
		})
	}
	each(t, register, func(s *stage) {
		const n = 40
		s.start("Large", n, "l")
		for i := range n {
			s.raise("l", "Item", strconv.Itoa(i))
		}
		s.work()
		i := s.ends("l")
		require.Equal(s, client.Completed, i.Status, "failure: %+v", i.Failure)
	})
}

// TestRule6OverContinueAsNew: the repeat comes in a later generation than the event.
func TestRule6OverContinueAsNew(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		orchestration.RegisterOrchestrator(r, "Sum", func(ctx *orchestration.Context, n int) (int, error) {
			v, err := orchestration.WaitForExternalEvent[int](ctx, "Add").Await()
			if err != nil || v == 0 {
				return n, err
			}
			return 0, ctx.ContinueAsNew(n + v)
		})
	}
	each(t, register, func(s *stage) {
		s.work()
		s.start("Sum", 5, "s")
		for range 2 {
			require.NoError(s, s.client.Raise(s.ctx, "s", "Add", 3, client.WithEventID("k1"), client.WithReceipt()))
		}
		s.raise("s", "Add", "0")
		s.completes("s", "8")
	})
}
