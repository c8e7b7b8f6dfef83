package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// busyVariable is set in the process that has one processor for everything.
const busyVariable = "DORMOUSE_TEST_BUSY"

// A worker that is given more than it can do, by a thousand callers, on one processor that the
// server has to share, renews its leases in time. It runs while no other test of the package
// does, since it needs the processor.
func TestLeasesOfABusyWorker(t *testing.T) {
	if os.Getenv(busyVariable) == "" {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLeasesOfABusyWorker$", "-test.timeout=2m")
		command.Env = append(os.Environ(), busyVariable+"=1", "GOMAXPROCS=1")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	server := natstest.Start(t)
	log := &testenv.Log{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	hub := natstest.OpenWith(t, natstest.Connect(t, server), jetstream.Config{Logger: logger})
	s := newFixture(t, hub, func(r *orchestration.Registry) { waitFor(r, "E") })
	w, err := worker.New(hub, s.registry, worker.Config{Logger: logger})
	require.NoError(t, err)
	stop := testenv.Background(t, w.Run)
	s.client = client.New(natstest.OpenWith(t, natstest.Connect(t, server), jetstream.Config{}))
	park(s)
	said := strings.Join(takeLines(log), "\n")
	stop()
	require.NotContains(t, said, "lease ran out")
	require.NotContains(t, said, "cannot work")
}

// park lets a thousand callers start instances for as long as two leases last. What a server
// that is given too much answers too late is tried again.
func park(s *fixture) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 2*jetstream.DefaultLeaseTTL)
	defer cancel()
	var callers sync.WaitGroup
	for n := range 1000 {
		callers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, err := s.client.Start(ctx, "Waiter", nil, client.WithInstanceID(fmt.Sprintf("i-%d-%d", n, i)))
				if err != nil && !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
					s.Errorf("start: %v", err)
					return
				}
			}
		})
	}
	callers.Wait()
}
