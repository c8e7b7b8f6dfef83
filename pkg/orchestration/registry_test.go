package orchestration_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func echo(_ *orchestration.Context, in string) (string, error) { return in, nil }
func upper(_ context.Context, in map[string]int) (int, error)  { return in["n"] + 1, nil }
func orchestrate(r *orchestration.Registry, names ...string) error {
	return registerAll(r, names, true)
}
func activities(r *orchestration.Registry, names ...string) error {
	return registerAll(r, names, false)
}

func registerAll(r *orchestration.Registry, names []string, orchestrators bool) error {
	for _, name := range names {
		if orchestrators {
			r.Add(orchestration.Orchestrator(name, echo))
		} else {
			r.Add(orchestration.Activity(name, upper))
		}
	}
	return r.Err()
}

func TestRegistryNamesAreSorted(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	require.Empty(t, r.Orchestrators())
	require.NoError(t, orchestrate(r, "b", "a", "c"))
	require.NoError(t, activities(r, "z", "b", "y"))
	require.Equal(t, []string{"a", "b", "c"}, r.Orchestrators())
	require.Equal(t, []string{"b", "y", "z"}, r.Activities())
}

func TestRegistryReportsEveryMistake(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	_ = orchestrate(r, "twice", "twice", "")
	err := activities(r, "twice", "twice", "a\nb")
	r.Add(orchestration.Orchestrator[string, string]("none", nil))
	r.Add(orchestration.Activity[string, string]("none", nil))
	for _, part := range []string{
		`orchestrator "twice" is registered twice`, `activity "twice" is registered twice`, "orchestrator name is empty",
		`activity name "a\nb" must not contain '\n'`,
	} {
		require.ErrorContains(t, err, part)
	}
	require.ErrorIs(t, err, ident.ErrInvalidName)
	require.ErrorContains(t, r.Err(), `orchestrator "none": the function is nil`)
	require.ErrorContains(t, r.Err(), `activity "none": the function is nil`)
	require.Equal(t, []string{"twice"}, r.Orchestrators())
}

func TestBeginOfAnUnknownOrchestrator(t *testing.T) {
	t.Parallel()
	_, err := (&orchestration.Registry{}).Code().Begin(replay.Execution{Name: "Gone"}, nil)
	require.ErrorIs(t, err, replay.ErrNotRegistered)
	require.EqualError(t, err, `orchestrator "Gone": not registered with this worker`)
}

func TestPerform(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Activity("add", upper))
	r.Add(orchestration.Activity("who", func(ctx context.Context, _ none) (orchestration.ActivityInfo, error) {
		info, ok := orchestration.ActivityInfoFrom(ctx)
		require.True(t, ok)
		return info, nil
	}))
	r.Add(orchestration.Activity("nothing", func(context.Context, none) (none, error) { return none{}, nil }))

	result, failure := r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "add", Input: payload(`{"n":41}`)}, Delivery: 1})
	require.Nil(t, failure)
	require.Equal(t, "42", string(result))

	result, failure = r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "add"}, Delivery: 1})
	require.Nil(t, failure)
	require.Equal(t, "1", string(result), "no input reads as the zero value")

	result, failure = r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "nothing", Input: payload(`"whatever"`)}, Delivery: 1})
	require.Nil(t, failure)
	require.Nil(t, result)

	result, failure = r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "who", Instance: "i", Execution: "e", Task: 7}, Delivery: 3})
	require.Nil(t, failure)
	require.JSONEq(t, `{"Name":"who","InstanceID":"i","ExecutionID":"e","Task":7,"Attempt":1,"FirstTask":7,"Delivery":3}`, string(result))
}

func TestPerformFails(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Activity("add", upper))
	r.Add(orchestration.Activity("chan", func(context.Context, none) (chan int, error) { return make(chan int), nil }))

	_, failure := r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "gone"}, Delivery: 1})
	require.Equal(t, `activity "gone": not registered with this worker`, failure.Message)
	require.False(t, failure.NonRetryable, "another worker may have it")

	_, failure = r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "add", Input: payload(`[1]`)}, Delivery: 1})
	require.Contains(t, failure.Message, `input of activity "add": json: cannot unmarshal array`)
	require.True(t, failure.NonRetryable, "it will never be readable")

	_, failure = r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "chan"}, Delivery: 1})
	require.Contains(t, failure.Message, "unsupported type: chan int")
}

func TestActivityInfoIsNotAnywhereElse(t *testing.T) {
	t.Parallel()
	_, ok := orchestration.ActivityInfoFrom(t.Context())
	require.False(t, ok)
}

func TestPerformSurvivesGoexit(t *testing.T) {
	t.Parallel()
	var r orchestration.Registry
	r.Add(orchestration.Activity("Exit", func(context.Context, none) (int, error) {
		runtime.Goexit()
		return 0, nil
	}))
	result, failure := r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "Exit"}, Delivery: 1})
	require.Nil(t, result)
	require.Contains(t, failure.Message, "runtime.Goexit")
}

// An activity that takes something and is called with nothing says so, as a wait for an
// event does.
func TestActivityWithoutAnInputSaysSo(t *testing.T) {
	t.Parallel()
	var r orchestration.Registry
	r.Add(
		orchestration.Activity("Typed", func(_ context.Context, n int) (int, error) { return n, nil }),
		orchestration.Activity("Bare", func(context.Context, none) (int, error) { return 7, nil }),
		orchestration.Activity("Optional", func(_ context.Context, n *int) (bool, error) { return n == nil, nil }),
	)
	for _, input := range []string{"", "null", " null "} {
		perform := func(name string) ([]byte, *history.Failure) {
			return r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: name, Input: payload(input)}, Delivery: 1})
		}
		_, failure := perform("Typed")
		require.NotNil(t, failure, "input %q", input)
		require.Equal(t, `input of activity "Typed": there is none, and the activity takes a int`, failure.Message)
		require.True(t, failure.NonRetryable)
		result, failure := perform("Bare")
		require.Nil(t, failure)
		require.Equal(t, "7", string(result))
		result, failure = perform("Optional")
		require.Nil(t, failure)
		require.Equal(t, "true", string(result))
	}
}
