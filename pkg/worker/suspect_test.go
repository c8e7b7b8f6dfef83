package worker_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// newDeadlyOrchestrator returns a fixture whose orchestrator ends the worker that runs it.
func newDeadlyOrchestrator(t *testing.T) *deadly {
	t.Helper()
	return newDeadly(t, memhub.Config{Partitions: 1}, func(m *deadly, r *orchestration.Registry) {
		registerCollector(r)
		r.Add(orchestration.Orchestrator("Murderer", func(ctx *orchestration.Context, atOnce bool) (string, error) {
			if !atOnce {
				if _, err := orchestration.Event[string]("Go").Wait(ctx).Await(); err != nil {
					return "", err
				}
			}
			m.runs.Add(1)
			if kill := m.kill.Load(); kill != nil {
				(*kill)()
			}
			return "survived", nil
		}))
	})
}

// lost is how many workers an instance costs: the first of them unnoticed.
const lost = 4

// heldBack lets an instance end so many workers that it is held back.
func (m *deadly) heldBack(atOnce bool) (stop func()) {
	m.Helper()
	m.start("Murderer", atOnce, "m")
	if !atOnce {
		stop := m.work()
		m.waits("m", "Go")
		stop()
		m.raise("m", "Go", `"x"`)
	}
	for range lost {
		m.dies(worker.Config{})
	}
	require.EqualValues(m, lost, m.runs.Load())
	stop = m.work()
	i := m.blocked("m")
	require.Contains(m, i.Blocked, `the code of orchestrator "Murderer" seems to end its worker: after a first loss it was lost 3 times in a row`)
	require.EqualValues(m, lost, m.runs.Load(), "its code is not run any more")
	return stop
}

// TestOrchestratorThatEndsItsWorkersIsHeldBack: the others of its partition go on, and
// it can be terminated.
func TestOrchestratorThatEndsItsWorkersIsHeldBack(t *testing.T) {
	t.Parallel()
	for name, atOnce := range map[string]bool{"at once": true, "when it has waited": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newDeadlyOrchestrator(t)
			m.heldBack(atOnce)
			m.start("Collector", 1, "c")
			m.raise("c", "Item", "1")
			m.completes("c", "[1]")
			require.NoError(t, m.client.Terminate(m.ctx, "m", "enough"))
			require.Equal(t, client.Terminated, m.ends("m").Status)
			require.EqualValues(t, lost, m.runs.Load())
			m.requireNoMark("m", record.InstanceMark)
			m.start("Murderer", true, "m")
			m.completes("m", `"survived"`)
		})
	}
}

// TestTerminateInLineIsHonouredBeforeDeadlyCodeIsRun, also where nothing is blocked yet.
func TestTerminateInLineIsHonouredBeforeDeadlyCodeIsRun(t *testing.T) {
	t.Parallel()
	m := newDeadlyOrchestrator(t)
	stop := m.heldBack(false)
	stop()
	require.NoError(t, m.client.Terminate(m.ctx, "m", "enough"))
	m.work()
	require.Equal(t, client.Terminated, m.ends("m").Status)
	require.EqualValues(t, lost, m.runs.Load())
}

// TestHeldBackInstanceIsTriedAgainWhenItIsResumed, and held back again if it goes on.
func TestHeldBackInstanceIsTriedAgainWhenItIsResumed(t *testing.T) {
	t.Parallel()
	m := newDeadlyOrchestrator(t)
	stop := m.heldBack(false)
	stop()
	require.NoError(t, m.client.Resume(m.ctx, "m", ""))
	for range 3 {
		m.dies(worker.Config{})
	}
	stop = m.work()
	m.until("m", func(i *client.Instance) bool { return i.Blocked != "" })
	require.EqualValues(t, lost+3, m.runs.Load())
	require.NoError(t, m.client.Resume(m.ctx, "m", ""))
	m.completes("m", `"survived"`)
	m.requireNoMark("m", record.InstanceMark)
	stop()
}

// TestHeldBackInstanceIsRunByAnotherBuild, and each build may try as often as the other.
func TestHeldBackInstanceIsRunByAnotherBuild(t *testing.T) {
	t.Parallel()
	m := newDeadlyOrchestrator(t)
	stop := m.heldBack(false)
	stop()
	for range 2 {
		m.dies(worker.Config{Build: "second"})
	}
	stop = m.work()
	m.blocked("m") // the first build does not
	stop()
	m.launch(m.hub, worker.Config{Build: "second"})
	m.completes("m", `"survived"`)
	m.requireNoMark("m", record.InstanceMark)
}

// TestCleanHandOverCostsNothing: a worker that stops in order leaves no suspicion
// behind, though it was at work on a blocked instance.
func TestCleanHandOverCostsNothing(t *testing.T) {
	t.Parallel()
	m := newDeadlyOrchestrator(t)
	stop := m.work()
	m.start("Collector", 2, "c")
	m.raise("c", "Item", "1")
	m.waits("c", "Item")
	stop()
	m.raise("c", "Item", "2")
	counting := hubfaults.New(m.memory)
	m.launch(registering{counting, m.memory}, worker.Config{ID: "second"})
	m.completes("c", "[1,2]")
	for _, call := range []string{"ReadSegments", "WriteSegment", "DropSegments"} {
		require.False(t, slices.Contains(counting.Calls(), call), call)
	}
}

// TestCrashesByOthersBlameNobody: workers are killed again and again while an innocent
// instance is at work, and it goes on all the same.
func TestCrashesByOthersBlameNobody(t *testing.T) {
	t.Parallel()
	m := newDeadlyOrchestrator(t)
	const kills = 21
	m.start("Collector", kills, "c")
	for n := range kills {
		m.raise("c", "Item", "1")
		faulty := hubfaults.New(m.memory, hubfaults.KillBefore(n%7+1))
		_, stop := m.launch(registering{faulty, m.memory}, worker.Config{ID: "mortal", DrainTimeout: time.Millisecond, Build: "b"})
		select {
		case <-faulty.Killed():
		case <-time.After(2 * time.Second): // it made no such call
		}
		stop()
		faulty.Wait()
		m.memory.ExpireLeases("mortal")
	}
	m.launch(m.hub, worker.Config{Build: "b"})
	require.Empty(t, m.ends("c").Blocked)
}

// TestLongTurnsThatOthersCutOffBlameNobody: workers are killed from outside, each of them while
// an instance that has much to take in is in the middle of that.
func TestLongTurnsThatOthersCutOffBlameNobody(t *testing.T) {
	t.Parallel()
	const items, eachTakes = 5, 2
	var taken atomic.Int32
	m := newDeadlyOrchestrator(t)
	m.registry.Add(orchestration.Orchestrator("Busy", func(ctx *orchestration.Context, n int) (int, error) {
		for range n {
			if _, err := orchestration.Event[int]("Item").Wait(ctx).Await(); err != nil {
				return 0, err
			}
			if kill := m.kill.Load(); kill != nil && !ctx.IsReplaying() && taken.Add(1) == eachTakes {
				(*kill)()
			}
		}
		return n, nil
	}))
	require.NoError(t, m.hub.Register(m.ctx, m.registry.Orchestrators()))
	stop := m.work()
	m.start("Busy", items, "b")
	m.waits("b", "Item")
	stop()
	for range items {
		m.raise("b", "Item", "1")
	}
	for range items {
		taken.Store(0)
		m.dies(worker.Config{})
	}
	m.work()
	require.Empty(t, m.ends("b").Blocked)
}
