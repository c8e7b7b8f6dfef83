package orchestration_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func child(ctx *orchestration.Context, options ...orchestration.SubOrchestrationOption) *orchestration.Task[string] {
	return orchestration.CallSubOrchestration[string](ctx, "Child", "in", options...)
}

func TestSubOrchestrationIsAskedForAndItsResultComesBack(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) { return child(ctx).Await() })
	require.Equal(t, []record.Event{
		{Kind: history.ExecutionStarted, Name: "Test", Time: dawn, Task: record.NewestRule},
		record.ChildScheduled(1, "Child", record.ChildID("i1", "e1", 1), []byte(`"in"`)).On(dawn),
	}, s.events)
	require.Equal(t, []history.Wait{{Kind: history.WaitChild, Name: "Child", Task: 1, Since: dawn}}, s.x.View().Waits)
	s.complete(1, `"out"`)
	s.requireOutput(`"out"`)
}

func TestSubOrchestrationWithAnID(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		return child(ctx, orchestration.WithInstanceID("Bau 7")).Await()
	})
	require.Equal(t, "Bau 7", s.events[1].Instance())
}

func TestDerivedIDsDifferByTaskExecutionAndInstance(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, id := range [][2]string{{"i1", "e1"}, {"i1", "e2"}, {"i2", "e3"}, {strings.Repeat("é", ident.MaxInstanceID), "e4"}} {
		for task := range int64(3) {
			child := record.ChildID(id[0], id[1], task+1)
			require.NoError(t, ident.CheckInstance(child))
			require.False(t, seen[child])
			seen[child] = true
		}
	}
}

func TestSubOrchestrationFailureKeepsItsChain(t *testing.T) {
	t.Parallel()
	var err error
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err = child(ctx).Await()
		return "", err
	})
	cause := &history.Failure{Type: "*card.Error", Message: "declined"}
	s.fail(1, &history.Failure{Type: "*fmt.wrapError", Message: "order 7: declined", Cause: cause})
	var failed *orchestration.TaskFailedError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "sub-orchestration", failed.Kind)
	require.Equal(t, "Child", failed.Name)
	require.Equal(t, int64(1), failed.Task)
	require.EqualError(t, err, `sub-orchestration "Child" failed: order 7: declined`)
	require.Equal(t, cause, errors.Unwrap(errors.Unwrap(err)))
	require.Equal(t, "*card.Error", s.requireFailure().Cause.Cause.Type, "the chain goes on to the parent's parent")
}

func TestSubOrchestrationThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	type call = func(*orchestration.Context) *orchestration.Task[string]
	for name, tc := range map[string]struct {
		call call
		want string
	}{
		"name": {func(ctx *orchestration.Context) *orchestration.Task[string] {
			return orchestration.CallSubOrchestration[string](ctx, "", nil)
		}, "orchestrator name is empty"},
		"id": {func(ctx *orchestration.Context) *orchestration.Task[string] {
			return child(ctx, orchestration.WithInstanceID("a/b"))
		}, `sub-orchestration "Child": invalid name: instance id "a/b" must not contain '/'`},
		"long id": {func(ctx *orchestration.Context) *orchestration.Task[string] {
			return child(ctx, orchestration.WithInstanceID(strings.Repeat("𝔸", 200)))
		}, "it takes 2400 bytes on the wire, the limit is 1536"},
		"empty id": {func(ctx *orchestration.Context) *orchestration.Task[string] {
			return child(ctx, orchestration.WithInstanceID(""))
		}, "instance id is empty"},
		"policy": {func(ctx *orchestration.Context) *orchestration.Task[string] {
			return child(ctx, orchestration.WithRetry(orchestration.RetryPolicy{MaxAttempts: -1}))
		}, `sub-orchestration "Child": invalid retry policy`},
		"input": {func(ctx *orchestration.Context) *orchestration.Task[string] {
			return orchestration.CallSubOrchestration[string](ctx, "Child", make(chan int))
		}, `input of sub-orchestration "Child": json: unsupported type`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
				task := tc.call(ctx)
				require.True(t, task.Done())
				return task.Await()
			})
			require.Len(t, s.events, 2, "nothing but the end was decided")
			require.Contains(t, s.requireFailure().Message, tc.want)
		})
	}
}

func TestSubOrchestrationInputTooLarge(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (bool, error) {
		_, _ = wait(ctx, "A")
		_, err := orchestration.CallSubOrchestration[string](ctx, "Child", strings.Repeat("x", 100)).Await()
		return errors.Is(err, orchestration.ErrTooLarge), nil
	})
	s.info.MaxPayload = 50
	s.reload()
	s.raise("A", `""`)
	s.requireOutput(`true`)
}

func TestSubOrchestrationResultOfAnotherType(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) { return child(ctx).Await() })
	s.complete(1, `{"a":1}`)
	require.Contains(t, s.requireFailure().Message, `result of sub-orchestration "Child": json: cannot unmarshal object`)
}

func TestCancelTerminatesTheSubOrchestration(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		task := child(ctx, orchestration.WithInstanceID("c1"))
		_, _ = wait(ctx, "Stop")
		task.Cancel()
		task.Cancel()
		_, err := task.Await()
		require.ErrorIs(t, err, orchestration.ErrCanceled)
		return wait(ctx, "End")
	})
	require.Equal(t, []record.Event{
		record.ChildTerminated(1, "c1", []byte(`"cancelled by its parent"`)).On(dawn.Add(time.Second)),
	}, s.raise("Stop", `""`))
	require.Equal(t, []string{"End"}, s.waits())
	require.Empty(t, s.fail(1, &history.Failure{Type: "Terminated"}), "its end is not news")
	s.raise("End", `"end"`)
	s.requireOutput(`"end"`)
}

// A sub-orchestration outlives the end of its parent's code.
func TestSubOrchestrationGoesOnAlone(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		child(ctx)
		return "end", nil
	})
	require.Equal(t, []string{
		`ExecutionStarted "Test"`, `ChildScheduled #1 "Child" to instance "` + record.ChildID("i1", "e1", 1) + `"`, "ExecutionCompleted",
	}, kinds(s.events))
}

// Each attempt is a task of its own, with an id of its own unless one was given.
func TestSubOrchestrationIsRetried(t *testing.T) {
	t.Parallel()
	policy := orchestration.WithRetry(orchestration.RetryPolicy{MaxAttempts: 3, FirstInterval: time.Minute})
	for given, want := range map[string][]string{
		"":   {record.ChildID("i1", "e1", 1), record.ChildID("i1", "e1", 3), record.ChildID("i1", "e1", 5)},
		"c1": {"c1", "c1", "c1"},
	} {
		s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
			options := []orchestration.SubOrchestrationOption{policy}
			if given != "" {
				options = append(options, orchestration.WithInstanceID(given))
			}
			return child(ctx, options...).Await()
		})
		var ids []string
		for attempt := range int64(3) {
			last := s.events[len(s.events)-1]
			require.Equal(t, history.ChildScheduled, last.Kind)
			require.Equal(t, 2*attempt+1, last.Task)
			require.Equal(t, `"in"`, string(last.Data))
			ids = append(ids, last.Instance())
			timers := s.fail(last.Task, &history.Failure{Type: "Busy", Message: "busy"})
			if attempt < 2 {
				require.Equal(t, history.TimerCreated, timers[0].Kind)
				s.fire(timers[0].Task)
			}
		}
		require.Equal(t, want, ids)
		require.Equal(t, `sub-orchestration "Child" failed: busy`, s.requireFailure().Message)
	}
}

// A retried call that is cancelled is not made again, whatever it is at.
func TestCancelledRetriesMakeNoNewAttempt(t *testing.T) {
	t.Parallel()
	policy := orchestration.WithRetry(orchestration.RetryPolicy{})
	start := func(t *testing.T) *harness {
		return begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
			tick := orchestration.CreateTimer(ctx, time.Second) // #1, ends before the pause
			task := child(ctx, policy)                          // #2
			_, _ = wait(ctx, "Stop")
			tick.Cancel()
			task.Cancel()
			_, err := task.Await()
			require.ErrorIs(t, err, orchestration.ErrCanceled)
			return wait(ctx, "End")
		})
	}
	atWork := start(t)
	require.Equal(t, []string{"TimerCancelled #1", "ChildTerminated #2"}, kinds(atWork.raise("Stop", `""`)))
	require.Empty(t, atWork.fail(2, &history.Failure{Type: "Terminated"}))
	pausing := start(t)
	pausing.fail(2, &history.Failure{Type: "Busy"})
	require.Equal(t, []string{"TimerCancelled #1", "TimerCancelled #3"}, kinds(pausing.raise("Stop", `""`)))
}

func TestContextKnowsItsParent(t *testing.T) {
	t.Parallel()
	for _, parent := range []*record.Parent{nil, {Instance: "p1", Execution: "e0", Task: 3}} {
		r := &orchestration.Registry{}
		r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) { return ctx.ParentID(), nil }))
		s := harnessFor(t, r, "Test", "")
		s.info.Parent = parent
		s.close()
		s.load()
		s.start()
		s.close()
		want := ""
		if parent != nil {
			want = parent.Instance
		}
		s.requireOutput(`"` + want + `"`)
	}
}

// An id that the hub cannot send to is refused before anything is stored, be it
// derived.
func TestDerivedIDThatIsTooLong(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := child(ctx).Await()
		require.ErrorContains(t, err, "on the wire")
		return child(ctx, orchestration.WithInstanceID("c1")).Await()
	}))
	s := harnessFor(t, r, "Test", "")
	defer func() { s.close() }()
	s.close()
	s.info.Instance = strings.Repeat("𝔸", 128)
	s.load()
	require.Equal(t, []string{`ChildScheduled #1 "Child" to instance "c1"`}, kinds(s.start()))
}
