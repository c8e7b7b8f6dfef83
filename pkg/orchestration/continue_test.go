package orchestration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestContinueAsNewMayDropEvents(t *testing.T) {
	t.Parallel()
	for drop, want := range map[bool][]string{false: {"B=1", "C=2"}, true: {}} {
		s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
			var options []orchestration.ContinueAsNewOption
			if drop {
				options = append(options, orchestration.DropEvents())
			}
			unseen := waitFor(ctx, "C")
			_, _ = wait(ctx, "A")
			require.NotNil(t, unseen)
			return none{}, ctx.ContinueAsNew(1, options...)
		})
		s.raise("B", "1")
		s.raise("C", "2")
		s.raise("A", "3")
		require.Equal(t, want, s.unconsumed())
	}
}

// The last call counts.
func TestContinueAsNewTwice(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
		_, _ = wait(ctx, "A")
		require.NoError(t, ctx.ContinueAsNew(1, orchestration.DropEvents()))
		return none{}, ctx.ContinueAsNew(2)
	})
	s.raise("B", "1")
	s.raise("A", "3")
	require.Equal(t, []string{"B=1"}, s.unconsumed())
	require.Equal(t, "2", string(s.end().Data))
}

// DropEvents means nothing where the orchestrator fails after all.
func TestDropEventsOfAFailure(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
		_, _ = wait(ctx, "A")
		_ = ctx.ContinueAsNew(1, orchestration.DropEvents())
		panic("after all")
	})
	s.raise("A", "1")
	s.requireFailure()
}
