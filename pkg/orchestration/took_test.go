package orchestration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestTookTellsWhetherAWaitHasTakenTheEvent(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = results(waitFor(ctx, "A"), waitFor(ctx, "B", orchestration.WithTimeout(time.Hour)))
		return wait(ctx, "C")
	})
	took := func(name string) bool {
		s.raise(name, `"x"`)
		return s.x.Took()
	}
	require.False(t, s.x.Took())
	require.True(t, took("a"))
	require.False(t, took("A"), "kept")
	require.False(t, took("C"), "kept, nobody waits for it yet")
	s.suspend()
	require.False(t, took("B"), "held")
	s.resume()
	require.NotNil(t, s.end())
	require.False(t, took("C"), "it has ended")
}

func TestTookIsOfTheLastInput(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		timer := orchestration.CreateTimer(ctx, time.Hour)
		_, _ = wait(ctx, "A")
		_, _ = timer.Await()
		return wait(ctx, "A")
	})
	s.raise("A", `""`)
	require.True(t, s.x.Took())
	s.fire(1)
	require.False(t, s.x.Took())
}
