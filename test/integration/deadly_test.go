package integration

import (
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// supervised are workers that are started again whenever they end.
type supervised struct {
	testing.TB
	url    string
	deaths atomic.Int32
	over   chan struct{}
	group  sync.WaitGroup
}

// supervise runs that many workers until the test ends.
func supervise(t testing.TB, url string, workers ...string) *supervised {
	t.Helper()
	s := &supervised{TB: t, url: url, over: make(chan struct{})}
	for _, name := range workers {
		w := s.launch(name)
		w.says(name + " serves")
		s.group.Go(func() { s.keep(name, w) })
	}
	t.Cleanup(func() {
		close(s.over)
		s.group.Wait()
	})
	return s
}

func (s *supervised) launch(id string) *process {
	return launchTestworker(s, s.url, id)
}

// keep starts a worker again when it has ended, under another name, as one in a
// container has.
func (s *supervised) keep(name string, w *process) {
	for n := 2; ; n++ {
		select {
		case <-s.over:
			return
		case <-w.ended:
		}
		s.deaths.Add(1)
		select {
		case <-s.over:
			return
		case <-time.After(100 * time.Millisecond):
		}
		w = s.launch(fmt.Sprintf("%s-%d", name, n))
	}
}

// TestDeadlyOrchestratorIsHeldBack: however it ends its worker, the fleet comes to rest,
// its neighbours go on within seconds, and it is shown, terminated and gone.
func TestDeadlyOrchestratorIsHeldBack(t *testing.T) {
	t.Parallel()
	ways := []string{"exit", "kill", "exit 0", "fatal", "out of memory", "concurrent map writes", "stack overflow"}
	if testing.Short() {
		ways = ways[:2]
	}
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			testDeadlyOrchestrator(t, way)
		})
	}
}

func testDeadlyOrchestrator(t *testing.T, way string) {
	server := launchServer(t)
	s := supervise(t, server.url, "a", "b")
	hub := openHub(t, server.url)
	c := client.New(hub)
	start := func(name string, input any, id string) {
		_, err := c.Start(t.Context(), name, input, client.WithInstanceID(id))
		require.NoError(t, err)
	}
	start("Deadly", way, "d")
	neighbours := []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"}
	for _, id := range neighbours {
		start("Ledger", 2, id)
	}
	comesToWaitFor(t, c, "Go", "d")
	comesToWaitFor(t, c, "Item", neighbours...)

	require.NoError(t, c.Raise(t.Context(), "d", "Go", nil))
	for n := range 2 {
		for _, id := range neighbours {
			require.NoError(t, c.Raise(t.Context(), id, "Item", n))
		}
	}
	begun := time.Now()
	for _, id := range neighbours {
		i, err := c.Wait(t.Context(), id)
		require.NoError(t, err)
		require.JSONEq(t, "[0,1]", string(i.Output))
	}
	t.Logf("neighbours went on within %v", time.Since(begun))
	var reason string
	require.Eventually(t, func() bool {
		i, err := c.Get(t.Context(), "d")
		require.NoError(t, err)
		reason = i.Blocked
		return reason != ""
	}, 4*patience, 20*time.Millisecond)
	t.Logf("held back after %v and %d deaths", time.Since(begun), s.deaths.Load())
	require.Regexp(t, regexp.QuoteMeta(`the code of orchestrator "Deadly" seems to end its worker: after a first loss it was lost 3 times in a row`), reason)
	require.LessOrEqual(t, s.deaths.Load(), int32(4))

	deaths := s.deaths.Load()
	start("Ledger", 0, "later")
	_, err := c.Wait(t.Context(), "later")
	require.NoError(t, err)
	require.NoError(t, c.Terminate(t.Context(), "d", "enough"))
	i, err := c.Wait(t.Context(), "d")
	require.NoError(t, err)
	require.Equal(t, client.Terminated, i.Status)
	require.Equal(t, deaths, s.deaths.Load(), "the fleet is at rest")
}

// comesToWaitFor waits until the instances wait for the event.
func comesToWaitFor(t *testing.T, c *client.Client, event string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		require.Eventually(t, func() bool {
			i, err := c.Get(t.Context(), id)
			return err == nil && len(i.Waits) > 0 && i.Waits[0].Name == event
		}, patience, 10*time.Millisecond, id)
	}
}

// TestDeadlyActivityFails: it ends five workers and no more, and its orchestrator is
// told.
func TestDeadlyActivityFails(t *testing.T) {
	t.Parallel()
	server := launchServer(t)
	s := supervise(t, server.url, "a", "b")
	c := client.New(openHub(t, server.url))
	_, err := c.Start(t.Context(), "CallsDeadly", "exit", client.WithInstanceID("d"))
	require.NoError(t, err)
	i, err := c.Wait(t.Context(), "d")
	require.NoError(t, err)
	require.Contains(t, string(i.Output), `is not run again: its worker was lost while it ran, 5 times in a row`)
	require.EqualValues(t, 5, s.deaths.Load())
}
