package orchestration_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

type orchestratorFunc = func(*orchestration.Context, none) (string, error)

// begun begins an orchestrator over events.
func begun(t *testing.T, fn orchestratorFunc, events []record.Event) (*replay.Orchestrator, error) {
	t.Helper()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", fn))
	x, err := r.Code().Begin(replay.Execution{Instance: "i1", ID: "e1", Name: "Test"}, events)
	if err == nil {
		t.Cleanup(x.Close)
	}
	return x, err
}

// asks returns an orchestrator that asks for a version after each event.
func asks(changeID string, min, max int) orchestratorFunc {
	return func(ctx *orchestration.Context, _ none) (string, error) {
		for {
			got, err := wait(ctx, "A")
			if err != nil || got == "end" {
				return "end", err
			}
			if err := ctx.SetCustomStatus(orchestration.Version(ctx, changeID, min, max)); err != nil {
				return "", err
			}
		}
	}
}

func TestVersionIsTheNewestAndIsMarkedOnce(t *testing.T) {
	t.Parallel()
	s := begins(t, "", asks("c", 1, 3))
	require.Equal(t, []record.Event{
		{Kind: history.VersionMarked, Time: dawn.Add(1e9), Name: "c", Task: 3},
	}, s.raise("A", `"x"`))
	require.Equal(t, "3", string(s.x.View().CustomStatus))
	require.Empty(t, s.raise("A", `"x"`))
	s.reload()
	require.Empty(t, s.raise("A", `"x"`))
	require.Equal(t, "3", string(s.x.View().CustomStatus))
}

// Code from before the change has passed the place: the instance keeps min, though
// it comes by again.
func TestVersionOfAnInstanceThatHasPassedThePlaceIsTheOldest(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		for {
			if _, err := wait(ctx, "A"); err != nil {
				return "", err
			}
		}
	})
	s.raise("A", `"x"`)
	events := s.events
	for range 3 { // unloaded again and again
		x, err := begun(t, asks("c", 1, 3), events)
		require.NoError(t, err)
		require.Equal(t, "1", string(x.View().CustomStatus))
		e := record.Event{Kind: history.EventRaised, Name: "A", Data: []byte(`"x"`), Time: dawn.Add(1e10)}
		decisions, err := x.Handle(e)
		require.NoError(t, err)
		require.Empty(t, decisions)
		require.Equal(t, "1", string(x.View().CustomStatus))
		events = append(events, e)
	}
}

// An instance that has not come to the place yet runs the new code.
func TestVersionOfAnInstanceThatComesToThePlaceLater(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) { return wait(ctx, "A") })
	x, err := begun(t, asks("c", 1, 3), s.events)
	require.NoError(t, err)
	decisions, err := x.Handle(record.Event{Kind: history.EventRaised, Name: "A", Data: []byte(`"x"`), Time: dawn})
	require.NoError(t, err)
	require.Equal(t, []string{`VersionMarked "c" 3`}, kinds(decisions))
}

func marked(version int64) []record.Event {
	return []record.Event{
		{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"},
		{Kind: history.EventRaised, Time: dawn, Name: "A", Data: []byte(`"x"`)},
		{Kind: history.VersionMarked, Time: dawn, Name: "c", Task: version},
	}
}

func TestMarkersAreKeptAsTheCodeGoesOn(t *testing.T) {
	t.Parallel()
	for name, fn := range map[string]orchestratorFunc{
		"newer":   asks("c", 1, 9),
		"raised":  asks("c", 2, 9),
		"dropped": func(ctx *orchestration.Context, _ none) (string, error) { return wait(ctx, "B") },
		"moved up": func(ctx *orchestration.Context, _ none) (string, error) {
			_ = ctx.SetCustomStatus(orchestration.Version(ctx, "c", 1, 9))
			return wait(ctx, "B")
		},
	} {
		x, err := begun(t, fn, marked(2))
		require.NoError(t, err, name)
		if name != "dropped" {
			require.Equal(t, "2", string(x.View().CustomStatus), name)
		}
	}
	// Asked for later than recorded: no second marker.
	x, err := begun(t, func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = wait(ctx, "B")
		return fmt.Sprint(orchestration.Version(ctx, "c", 1, 9)), nil
	}, marked(2))
	require.NoError(t, err)
	decisions, err := x.Handle(record.Event{Kind: history.EventRaised, Name: "B", Data: []byte(`"x"`), Time: dawn})
	require.NoError(t, err)
	require.Equal(t, []string{"ExecutionCompleted"}, kinds(decisions))
	require.Equal(t, `"2"`, string(decisions[0].Data))
}

// A difference behind a marker is found too, and the error has its place in the history.
func TestNonDeterminismBehindAMarker(t *testing.T) {
	t.Parallel()
	events := append(marked(2), record.Event{Kind: history.TaskScheduled, Time: dawn, Task: 1, Name: "Old"})
	_, err := begun(t, func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = wait(ctx, "A")
		return call(ctx, "New")
	}, events)
	require.EqualError(t, err, `non-determinism at history event 4: history says TaskScheduled #1 "Old", the code asked for TaskScheduled #1 "New"`)
}

func TestVersionOutsideTheRangeBlocks(t *testing.T) {
	t.Parallel()
	for _, limits := range [][2]int{{3, 4}, {0, 1}} {
		_, err := begun(t, asks("c", limits[0], limits[1]), marked(2))
		var wrong *replay.VersionError
		require.ErrorAs(t, err, &wrong)
		require.ErrorIs(t, err, replay.ErrVersion)
		require.Equal(t, &replay.VersionError{ChangeID: "c", Recorded: 2, Min: limits[0], Max: limits[1]}, wrong)
		require.EqualError(t, err, fmt.Sprintf(`version of a change is not supported: history says version 2 of "c", the code supports %d to %d`, limits[0], limits[1]))
	}
}

// The input at which the code breaks off has no effect; the code's deferred calls
// run, and decide nothing.
func TestVersionOutsideTheRangeBlocksWhileLive(t *testing.T) {
	t.Parallel()
	deferred := 0
	x, err := begun(t, func(ctx *orchestration.Context, _ none) (string, error) {
		defer func() {
			deferred++
			_ = recover()
			orchestration.CallActivity[string](ctx, "Clean", nil)
			deferred++
		}()
		orchestration.Go(ctx, func(ctx *orchestration.Context) (string, error) { return wait(ctx, "A") })
		got, _ := wait(ctx, "A")
		orchestration.CallActivity[string](ctx, "Work", nil)
		orchestration.Version(ctx, got, 5, 9)
		return "", nil
	}, []record.Event{
		{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"},
		{Kind: history.VersionMarked, Time: dawn, Name: "c", Task: 2},
	})
	require.NoError(t, err)
	for range 2 {
		decisions, err := x.Handle(record.Event{Kind: history.EventRaised, Name: "A", Data: []byte(`"c"`), Time: dawn})
		require.ErrorIs(t, err, replay.ErrVersion)
		require.Empty(t, decisions)
		require.Equal(t, 1, deferred)
		require.Equal(t, replay.View{}, x.View())
	}
}

func TestVersionOfNonsense(t *testing.T) {
	t.Parallel()
	for want, tc := range map[string]struct {
		id       string
		min, max int
	}{
		"invalid name: change id is empty":                                      {"", 1, 2},
		`version of a change is not supported: of "c" the code asks for 3 to 2`: {"c", 3, 2},
	} {
		x, err := begun(t, func(ctx *orchestration.Context, _ none) (string, error) {
			orchestration.Version(ctx, tc.id, tc.min, tc.max)
			return "", nil
		}, nil)
		require.NoError(t, err)
		_, err = x.Handle(record.Event{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"})
		require.EqualError(t, err, want)
	}
}
