package orchestration_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

const manyEvents = 5000

// looping is an orchestrator that receives events one after another, with a timer
// that is set all the while, as for an overall deadline.
func looping(ctx *orchestration.Context, _ none) (int, error) {
	deadline := orchestration.CreateTimer(ctx, 24*time.Hour)
	defer deadline.Cancel()
	for sum := 0; ; {
		n, err := orchestration.Event[int]("Add").Wait(ctx, orchestration.WithTimeout(time.Hour)).Await()
		if err != nil || n < 0 {
			return sum, err
		}
		sum += n
	}
}

func loopingHarness(t tester) *harness {
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", looping))
	s := harnessFor(t, r, "Test", "")
	s.trusting = true
	s.start()
	return s
}

// BenchmarkHandleEvent hands one orchestrator 5,000 events one after another. It
// reports how much slower the last 500 are than the first 500.
func BenchmarkHandleEvent(b *testing.B) {
	var first, last time.Duration
	for b.Loop() {
		s := loopingHarness(b)
		begun := time.Now()
		for i := range manyEvents {
			switch i {
			case 500:
				first += time.Since(begun)
			case manyEvents - 500:
				begun = time.Now()
			}
			s.add()
		}
		last += time.Since(begun)
		s.close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*manyEvents), "ns/event")
	b.ReportMetric(float64(last)/float64(first), "last/first")
}

// add hands the orchestrator one event and keeps nothing of it.
func (s *harness) add() {
	_, _ = s.x.Handle(record.Event{Kind: history.EventRaised, Time: s.now, Name: "Add", Data: payload("1")})
	s.x.View()
}

// BenchmarkReplay5000 replays a history of 5,000 external events.
func BenchmarkReplay5000(b *testing.B) {
	s := loopingHarness(b)
	defer s.close()
	for range manyEvents {
		s.raise("Add", "1")
	}
	for b.Loop() {
		s.checkBegin()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*manyEvents), "ns/event")
}

func (s *harness) checkBegin() {
	x, err := s.registry.Code().Begin(s.info, s.events)
	require.NoError(s.t, err)
	x.Close()
}

// BenchmarkParkedMemory reports the memory of an orchestrator that waits for an
// event.
func BenchmarkParkedMemory(b *testing.B) {
	const n = 10_000
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", budgetApproval))
	code := r.Code()
	for b.Loop() {
		before := memory()
		parked := make([]*replay.Orchestrator, n)
		for i := range parked {
			x, err := code.Begin(replay.Execution{Instance: fmt.Sprint(i), ID: "e1", Name: "Test", Input: payload(`{"amount":100}`)}, nil)
			require.NoError(b, err)
			_, err = x.Handle(record.Event{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"})
			require.NoError(b, err)
			parked[i] = x
		}
		b.ReportMetric(float64(memory()-before)/n, "bytes/parked")
		for _, x := range parked {
			x.Close()
		}
	}
}

// memory returns the size of heap and stacks in bytes.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestEventsDoNotSlowDown is the same without a clock: the work for an event does
// not depend on how many came before it.
func TestEventsDoNotSlowDown(t *testing.T) {
	s := loopingHarness(t) // not in parallel: it counts allocations
	defer s.close()
	early := testing.AllocsPerRun(200, s.add)
	for range manyEvents {
		s.add()
	}
	require.InDelta(t, early, testing.AllocsPerRun(200, s.add), 2)
}
