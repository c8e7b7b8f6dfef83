package orchestration_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The tests in this file carry the numbers of the rules for external events.

type waitOf = *orchestration.Task[string]

func waitFor(ctx *orchestration.Context, name string, o ...orchestration.WaitOption) waitOf {
	return orchestration.Event[string](name).Wait(ctx, o...)
}

func results(tasks ...waitOf) (string, error) {
	var all []string
	for _, t := range tasks {
		s, err := t.Await()
		if err != nil {
			s = "(" + err.Error() + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, " "), nil
}

func TestRule1EventsOfOneNameGoToItsWaitsFirstInFirstOut(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		return results(waitFor(ctx, "A"), waitFor(ctx, "B"), waitFor(ctx, "A"), waitFor(ctx, "A"))
	})
	s.raise("A", `"1"`)
	s.raise("A", `"2"`)
	s.raise("B", `"3"`)
	s.raise("A", `"4"`)
	s.requireOutput(`"1 3 2 4"`)
}

func TestRule1BufferedEventsComeOutInTheOrderTheyCameIn(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		if _, err := waitFor(ctx, "Go").Await(); err != nil {
			return "", err
		}
		return results(waitFor(ctx, "A"), waitFor(ctx, "A"), waitFor(ctx, "B"), waitFor(ctx, "A"))
	})
	s.raise("A", `"1"`)
	s.raise("B", `"2"`)
	s.raise("A", `"3"`)
	s.raise("Go", `""`)
	s.requireRunning()
	s.raise("A", `"4"`)
	s.requireOutput(`"1 3 2 4"`)
}

// Events may come before the first line of the code has run.
func TestRule1EventsBeforeTheStartAreKept(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		return results(waitFor(ctx, "A"), waitFor(ctx, "A"))
	}))
	s := harnessFor(t, r, "Test", "")
	defer s.close()
	s.raise("A", `"1"`)
	s.start()
	s.raise("A", `"2"`)
	s.requireOutput(`"1 2"`)
}

func TestRule2AbandonedWaitNeverEatsAnEvent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		abandon func(*orchestration.Context)
		timer   int64
	}{
		"timed out": {timer: 1, abandon: func(ctx *orchestration.Context) {
			_, _ = waitFor(ctx, "A", orchestration.WithTimeout(time.Second)).Await()
		}},
		"timed out into a default": {timer: 1, abandon: func(ctx *orchestration.Context) {
			_, _ = waitFor(ctx, "A", orchestration.WithTimeout(time.Second)).OnTimeout("none").Await()
		}},
		"timed out while nobody looked": {timer: 1, abandon: func(ctx *orchestration.Context) {
			waitFor(ctx, "A", orchestration.WithTimeout(time.Second))
			_, _ = waitFor(ctx, "Tick", orchestration.WithTimeout(0)).Await()
		}},
		"no time at all": {abandon: func(ctx *orchestration.Context) {
			waitFor(ctx, "A", orchestration.WithTimeout(0))
		}},
		"less than no time": {abandon: func(ctx *orchestration.Context) {
			waitFor(ctx, "A", orchestration.WithTimeout(-time.Hour))
		}},
		"cancelled": {abandon: func(ctx *orchestration.Context) {
			waitFor(ctx, "A").Cancel()
		}},
		"cancelled twice": {abandon: func(ctx *orchestration.Context) {
			w := waitFor(ctx, "A")
			w.Cancel()
			w.Cancel()
		}},
		"cancelled with a timeout": {abandon: func(ctx *orchestration.Context) {
			waitFor(ctx, "A", orchestration.WithTimeout(time.Hour)).Cancel()
		}},
		"lost a WhenAny and cancelled": {timer: 1, abandon: func(ctx *orchestration.Context) {
			w, timer := waitFor(ctx, "A"), orchestration.CreateTimer(ctx, time.Second)
			_, _ = orchestration.WhenAny(ctx, w, timer).Await()
			w.Cancel()
		}},
		"cancelled by another branch": {abandon: func(ctx *orchestration.Context) {
			w := waitFor(ctx, "A")
			branch := orchestration.Go(ctx, func(*orchestration.Context) (none, error) {
				w.Cancel()
				return none{}, nil
			})
			_, err := w.Await()
			if !errors.Is(err, orchestration.ErrCanceled) {
				panic(err)
			}
			_, _ = branch.Await()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
				tc.abandon(ctx)
				return results(waitFor(ctx, "A"))
			})
			if tc.timer > 0 {
				s.fire(tc.timer)
			}
			s.raise("A", `"kept"`)
			s.requireOutput(`"kept"`)
		})
	}
}

// Cancelling one of several waits for a name closes its gap in the line.
func TestRule2CancellingInTheMiddleOfTheLine(t *testing.T) {
	t.Parallel()
	for cancelled, want := range []string{
		`"(task was cancelled) 1 2"`, `"1 (task was cancelled) 2"`, `"1 2 (task was cancelled)"`,
	} {
		s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
			waits := []waitOf{waitFor(ctx, "A"), waitFor(ctx, "A"), waitFor(ctx, "a")}
			waits[cancelled].Cancel()
			return results(waits...)
		})
		s.raise("A", `"1"`)
		s.raise("A", `"2"`)
		s.requireOutput(want)
	}
}

// A wait that lost a WhenAny and was not cancelled is still in line, behind those that
// the code is waiting on.
func TestRule2LosersThatAreNotCancelledStayInLine(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		a, b := waitFor(ctx, "A"), waitFor(ctx, "B")
		if _, err := orchestration.WhenAny(ctx, a, b).Await(); err != nil {
			return "", err
		}
		return results(waitFor(ctx, "A"), a)
	})
	s.raise("B", `"b"`)
	require.Equal(t, []string{"A", "A"}, s.waits())
	s.raise("A", `"first"`)
	s.raise("A", `"second"`)
	s.requireOutput(`"first second"`)
}

func TestRule3DeliveredEventBeatsItsOwnTimeout(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]bool{"running": false, "suspended meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
				out, err := results(waitFor(ctx, "A", orchestration.WithTimeout(time.Second)))
				_, _ = waitFor(ctx, "End").Await()
				return out, err
			})
			if hold {
				s.suspend()
			}
			s.raise("A", `"in time"`)
			s.fire(1)
			if hold {
				require.Equal(t, []string{"TimerCancelled #1"}, kinds(s.resume()))
			}
			s.raise("End", `""`)
			s.requireOutput(`"in time"`)
		})
	}
}

// An event that was there before the wait needs no timer at all, even where the
// wait has no time.
func TestRule3BufferedEventNeedsNoTimer(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = waitFor(ctx, "Go").Await()
		return results(waitFor(ctx, "A", orchestration.WithTimeout(0)), waitFor(ctx, "A", orchestration.WithTimeout(time.Hour)))
	})
	s.raise("A", `"1"`)
	s.raise("A", `"2"`)
	require.Equal(t, []string{"ExecutionCompleted"}, kinds(s.raise("Go", `""`)))
	s.requireOutput(`"1 2"`)
}

func TestRule3TimerBeforeTheEventTimesOut(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := waitFor(ctx, "A", orchestration.WithTimeout(time.Second)).Await()
		if !errors.Is(err, orchestration.ErrTimeout) {
			return "", err
		}
		return results(waitFor(ctx, "A"))
	})
	require.Empty(t, s.fire(1), "a timer that has fired needs no cancelling")
	s.raise("A", `"late"`)
	s.requireOutput(`"late"`)
}

func TestRule4NamesMatchWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		return results(waitFor(ctx, "Approval"), waitFor(ctx, "APPROVAL"), waitFor(ctx, "Genehmigung Ä"))
	})
	require.Equal(t, []string{"Approval", "APPROVAL", "Genehmigung Ä"}, s.waits(), "names are shown as written")
	s.raise("approval", `"1"`)
	s.raise("aPPROVAL", `"2"`)
	s.raise("GENEHMIGUNG ä", `"3"`)
	s.requireOutput(`"1 2 3"`)
}
