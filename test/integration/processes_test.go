package integration

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// walk are the steps that the README shows.
var walk = []func(*site){
	func(s *site) {
		require.Equal(s, "b1\n", s.runs("instances", "start", "BudgetApproval", "--id", "b1", "--input", `{"amount":100}`))
	},
	func(s *site) {
		s.comesToSay(`waiting for: +event Approval`, "instances", "get", "b1")
		require.Contains(s, s.runs("instances", "get", "b1"), "Running")
	},
	func(s *site) { require.Empty(s, s.runs("raise", "b1", "Approval", "true")) },
	func(s *site) { require.Equal(s, "\"spent 100.00\"\n", s.runs("instances", "wait", "b1")) },
	func(s *site) { require.Contains(s, s.runs("instances", "get", "b1"), "Completed") },
}

// TestWalk walks, and something happens between any two steps.
func TestWalk(t *testing.T) {
	t.Parallel()
	happenings := []struct {
		name    string
		begin   func(testing.TB) *site
		between func(*site)
	}{
		{"with an embedded server", embedded, func(*site) {}},
		{"worker killed, with its server", embedded, (*site).killWorker},
		{"worker stopped, with its server", embedded, func(s *site) {
			s.worker.terminate()
			s.startWorker()
		}},
		{"with a standalone server", withWorker, func(*site) {}},
		{"worker killed", withWorker, (*site).killWorker},
		{"server killed", withWorker, func(s *site) { s.server.restart() }},
		{"worker and server killed", withWorker, func(s *site) {
			s.worker.kill()
			s.server.restart()
			s.startWorker()
		}},
	}
	for _, h := range happenings {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			s := h.begin(t)
			for _, step := range walk {
				step(s)
				h.between(s)
			}
			s.worker.terminate()
		})
	}
}

func withWorker(t testing.TB) *site {
	t.Helper()
	s := standalone(t)
	s.startWorker()
	return s
}

// TestScenario6NoWorkerWhileEventsAreRaised has every worker gone, and the server
// killed too, while events are raised.
func TestScenario6NoWorkerWhileEventsAreRaised(t *testing.T) {
	t.Parallel()
	s := withWorker(t)
	s.runs("instances", "start", "BudgetApproval", "--id", "b1", "--input", `{"amount":5}`)
	s.runs("instances", "start", "NewBuildingPermit", "--id", "p1", "--input", `"A-1"`)
	s.comesToSay(`waiting for: +event Approval`, "instances", "get", "b1")
	s.comesToSay(`waiting for: +event CityPlanningApproval`, "instances", "get", "p1")
	s.worker.kill()

	s.runs("raise", "b1", "Approval", "true")
	s.server.restart()
	s.runs("raise", "p1", "FireDeptApproval")
	s.runs("raise", "p1", "BuildingDeptApproval", `"yes"`)
	s.server.restart()
	s.runs("raise", "p1", "CityPlanningApproval")
	s.runs("instances", "start", "Select", "--id", "s1")
	s.runs("raise", "s1", "Event3", "42")
	require.Contains(t, s.runs("instances", "get", "s1"), "Pending")

	s.startWorker()
	require.Equal(t, "\"spent 5.00\"\n", s.runs("instances", "wait", "b1"))
	require.Equal(t, "\"permit for A-1\"\n", s.runs("instances", "wait", "p1"))
	require.Equal(t, "\"Event3 brought 42\"\n", s.runs("instances", "wait", "s1"))
	s.worker.terminate()
}

func TestWorkerServesSoon(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	s := embedded(t)
	require.Less(t, time.Since(begun), 5*time.Second)
	s.runs("instances", "list")
}

// TestSIGTERMDrains stops a worker while an activity is at work: it finishes, and
// its result counts.
func TestSIGTERMDrains(t *testing.T) {
	t.Parallel()
	s := standalone(t)
	first := launchTestworker(t, s.url, "first")
	first.says("first serves")
	opened := filepath.Join(t.TempDir(), "open")
	s.runs("instances", "start", "Gated", "--id", "g", "--input", `"`+opened+`"`)
	first.says("at the gate")

	first.signal(syscall.SIGTERM)
	watchLeases(t, s.url).until(func(held map[string]string) bool { return len(held) == 0 })
	select {
	case <-first.ended:
		t.Fatal("the worker did not let its activity finish")
	default:
	}
	require.NoError(t, os.WriteFile(opened, nil, 0o600))
	require.NoError(t, first.wait())

	second := launchTestworker(t, s.url, "second")
	require.Equal(t, "1\n", s.runs("instances", "wait", "g"), "delivered once")
	second.terminate()
}

func TestExitWhenIdle(t *testing.T) {
	t.Parallel()
	s := standalone(t)
	s.startWorker("--exit-when-idle", "1s")
	s.runs("instances", "start", "BudgetApproval", "--id", "b1", "--input", `{"amount":1}`)
	require.NoError(t, s.worker.wait())
	require.Contains(t, s.runs("instances", "get", "b1"), "Running")
	s.runs("raise", "b1", "Approval", "true")
	s.startWorker("--exit-when-idle", "1s")
	require.NoError(t, s.worker.wait())
	require.Contains(t, s.runs("instances", "get", "b1"), "Completed")
}

func TestTwoWorkersCannotShareADataDirectory(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	second := launch(t, program("worker"), nil, "--data-dir", s.dir, "--nats-listen", "127.0.0.1:0")
	require.Error(t, second.wait())
	require.Equal(t, 1, second.cmd.ProcessState.ExitCode())
	require.Regexp(t, `^worker: data directory is in use by another process: .*--nats-url.*\n$`, second.output.String())
	for _, step := range walk {
		step(s)
	}
	s.worker.terminate()
}
