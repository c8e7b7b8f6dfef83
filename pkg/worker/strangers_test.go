package worker_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// A name that no activity has is in the log once, with the instance that waits for it.
func TestActivityThatNobodyHas(t *testing.T) {
	t.Parallel()
	s := newFixture(t, memhub.New(memhub.Config{}), func(r *orchestration.Registry) {
		registerInOrder(r)
		r.Add(orchestration.Orchestrator("Slip", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			orchestration.CallActivity[int](ctx, "Note", 1)
			orchestration.CallActivity[int](ctx, "Nte", 1)
			return orchestration.CallActivity[int](ctx, "Noet", 1).Await()
		}))
	})
	var log testenv.Log
	w, err := worker.New(s.hub, s.registry, worker.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	stop := testenv.Background(t, w.Run)
	s.start("Slip", nil, "a")
	s.start("Slip", nil, "b")
	s.start("InOrder", 1, "c")
	s.raise("c", "Item", "1")
	s.completes("c", "[1]")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "activity=Noet instance=") }, patience, time.Millisecond)
	stop()
	for name, times := range map[string]int{"Nte": 1, "Noet": 1, "Note": 0} {
		require.Equal(t, times, strings.Count(log.String(), "activity="+name+" "), "%s:\n%s", name, log.String())
	}
}
