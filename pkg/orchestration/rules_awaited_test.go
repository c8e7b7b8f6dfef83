package orchestration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// counterSample is Microsoft's counter, line by line: each round makes new waits, and
// the one that loses is not cancelled.
func counterSample(ctx *orchestration.Context, _ none) (int, error) {
	count := 0
	for {
		incr := orchestration.Event[none]("incr").Wait(ctx)
		done := orchestration.Event[none]("done").Wait(ctx)
		winner, err := orchestration.WhenAny(ctx, incr, done).Await()
		if err != nil {
			return 0, err
		}
		if winner == done {
			return count, nil
		}
		count++
	}
}

func TestRule1StaleWaitDoesNotTakeTheEventThatTheCodeWaitsFor(t *testing.T) {
	t.Parallel()
	s := begins(t, "", counterSample)
	s.raise("incr", "")
	s.raise("incr", "")
	s.reload()
	s.raise("done", "")
	s.requireOutput("2")
}

// stale makes a wait for A that nobody is waiting on, in front of whatever follows.
func stale(ctx *orchestration.Context) waitOf {
	w := waitFor(ctx, "A")
	_, _ = orchestration.WhenAny(ctx, w, waitFor(ctx, "Go")).Await()
	return w
}

// However the code waits for an event, the stale wait in front does not take it.
func TestRule1WaitsThatABranchIsWaitingOnComeFirst(t *testing.T) {
	t.Parallel()
	never := func(ctx *orchestration.Context) orchestration.Awaitable { return waitFor(ctx, "Never") }
	for name, wait := range map[string]func(*orchestration.Context) waitOf{
		"directly": func(ctx *orchestration.Context) waitOf {
			w := waitFor(ctx, "A")
			_, _ = w.Await()
			return w
		},
		"in WhenAny": func(ctx *orchestration.Context) waitOf {
			w := waitFor(ctx, "A")
			_, _ = orchestration.WhenAny(ctx, never(ctx), w).Await()
			return w
		},
		"in WhenAll": func(ctx *orchestration.Context) waitOf {
			w := waitFor(ctx, "A")
			_, _ = orchestration.WhenAll(ctx, w, w).Await()
			return w
		},
		"in WhenAll within WhenAny": func(ctx *orchestration.Context) waitOf {
			w := waitFor(ctx, "A")
			_, _ = orchestration.WhenAny(ctx, never(ctx), orchestration.WhenAll(ctx, w)).Await()
			return w
		},
		"in one of two combined tasks": func(ctx *orchestration.Context) waitOf {
			w := waitFor(ctx, "A")
			second := orchestration.WhenAny(ctx, w)
			orchestration.WhenAny(ctx, w, never(ctx))
			_, _ = second.Await()
			return w
		},
		"in a branch": func(ctx *orchestration.Context) waitOf {
			var w waitOf
			_, _ = orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
				w = waitFor(ctx, "A")
				_, err := w.Await()
				return none{}, err
			}).Await()
			return w
		},
		"with a timeout": func(ctx *orchestration.Context) waitOf {
			w := waitFor(ctx, "A", orchestration.WithTimeout(time.Hour))
			_, _ = w.Await()
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(ctx *orchestration.Context, _ none) (bool, error) {
				old := stale(ctx)
				return wait(ctx).Done() && !old.Done(), nil
			})
			s.raise("Go", `""`)
			s.raise("A", `"1"`)
			s.requireOutput("true")
		})
	}
}

// Of waits that branches are waiting on, the oldest comes first; and so it is among
// those that nobody is waiting on, once no other is left.
func TestRule1OldestFirstAmongThoseAwaitedAndAmongThoseNot(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		stale1, stale2, awaited1, awaited2 := waitFor(ctx, "A"), waitFor(ctx, "A"), waitFor(ctx, "A"), waitFor(ctx, "A")
		_, _ = orchestration.WhenAll(ctx, awaited2, awaited1).Await()
		_, _ = waitFor(ctx, "End").Await()
		return results(stale1, stale2, awaited1, awaited2)
	})
	for _, data := range []string{`"1"`, `"2"`, `"3"`, `"4"`} {
		s.raise("A", data)
	}
	s.raise("End", `""`)
	s.requireOutput(`"3 4 1 2"`)
}

// A combined task that has ended, or that nobody is waiting on, makes no wait awaited.
func TestRule1CombinedTaskThatNobodyWaitsOnDoesNotCount(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		old := waitFor(ctx, "A")
		combined := orchestration.WhenAll(ctx, old)
		_, _ = orchestration.WhenAny(ctx, combined, waitFor(ctx, "Go")).Await()
		return results(waitFor(ctx, "A"), old)
	})
	s.raise("Go", `""`)
	s.raise("A", `"1"`)
	s.raise("A", `"2"`)
	s.requireOutput(`"1 2"`)
}

// Combined over and over, tasks are looked at once each.
func TestRule1DeeplyCombinedTasksAreLookedAtOnce(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		old := waitFor(ctx, "A")
		var top orchestration.Awaitable = old
		for range 50 {
			top = orchestration.WhenAll(ctx, orchestration.WhenAll(ctx, top), orchestration.WhenAll(ctx, top))
		}
		return results(waitFor(ctx, "A"))
	})
	s.raise("A", `"1"`)
	s.requireOutput(`"1"`)
}

// Which wait took an event is not stored. A history that was begun under the rule
// before is replayed by that rule, though the code would wait elsewhere by the newer.
func TestRule1HistoriesGoByTheRuleTheyWereBegunWith(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", counterSample))
	s := harnessFor(t, r, "Test", "")
	t.Cleanup(s.close)
	s.rule = record.OldestWait
	s.start()
	s.raise("incr", "")
	s.raise("done", "")
	s.requireRunning() // the stale wait has taken it
	s.reload()
	s.requireRunning()
	s.raise("done", "")
	s.requireOutput("1")
}

func TestRule1UnknownRuleIsOfANewerVersion(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", counterSample))
	_, err := r.Code().Begin(replay.Execution{Instance: "i1", ID: "e1", Name: "Test"}, []record.Event{
		{Kind: history.ExecutionStarted, Time: dawn, Name: "Test", Task: record.NewestRule + 1},
	})
	require.ErrorIs(t, err, record.ErrNewerVersion)
}
