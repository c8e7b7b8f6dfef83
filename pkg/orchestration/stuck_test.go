package orchestration_test

import (
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

var started = record.Event{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"}

// impatient begins an orchestrator that is soon taken to be stuck.
func impatient(t *testing.T, fn func(*orchestration.Context, none) (string, error)) *replay.Orchestrator {
	t.Helper()
	r := &orchestration.Registry{StuckAfter: 20 * time.Millisecond}
	r.Add(orchestration.Orchestrator("Test", fn))
	x, err := r.Code().Begin(replay.Execution{Instance: "i1", ID: "e1", Name: "Test"}, nil)
	require.NoError(t, err)
	return x
}

func requireStuck(t *testing.T, err error) *replay.StuckError {
	t.Helper()
	var stuck *replay.StuckError
	require.ErrorAs(t, err, &stuck)
	require.ErrorIs(t, err, replay.ErrStuck)
	return stuck
}

func requireReturns(t *testing.T, stuck *replay.StuckError) {
	t.Helper()
	require.Eventually(t, stuck.Returned, 10*time.Second, time.Millisecond)
}

func TestCodeThatDoesNotGiveControlBackIsFound(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	x := impatient(t, func(*orchestration.Context, none) (string, error) {
		<-release
		return "", nil
	})
	_, err := x.Handle(started)
	stuck := requireStuck(t, err)
	require.Contains(t, stuck.Stack, "TestCodeThatDoesNotGiveControlBackIsFound")
	require.Contains(t, stuck.At, "stuck_test.go:")
	require.Contains(t, stuck.Error(), `orchestrator "Test" has not waited for a task in 20ms: it is at `)
	require.False(t, stuck.Returned())

	_, err = x.Handle(started)
	require.ErrorIs(t, err, replay.ErrStuck, "it is lost for good")
	require.Empty(t, x.View())
	x.Close()
	close(release)
	requireReturns(t, stuck)
}

// Code that was left behind decides nothing when it goes on, and its other
// branches end with it.
func TestCodeLeftBehindUnwinds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	beyond, unwound := false, false
	x := impatient(t, func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.Go(ctx, func(ctx *orchestration.Context) (none, error) {
			defer func() { unwound = true }()
			_, err := wait(ctx, "Never")
			return none{}, err
		})
		_, err := wait(ctx, "Now")
		<-release
		orchestration.CreateTimer(ctx, time.Hour)
		beyond = true
		return "", err
	})
	_, err := x.Handle(started)
	require.NoError(t, err)
	_, err = x.Handle(record.Event{Kind: history.EventRaised, Name: "Now", Data: payload(`"x"`)})
	stuck := requireStuck(t, err)
	close(release)
	requireReturns(t, stuck)
	require.False(t, beyond)
	require.True(t, unwound)
}

func TestReplayThatGetsStuck(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := &orchestration.Registry{StuckAfter: 20 * time.Millisecond}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		<-release
		ctx.Logger().Info("still there")
		return "", nil
	}))
	_, err := r.Code().Begin(replay.Execution{Name: "Test"}, []record.Event{started})
	stuck := requireStuck(t, err)
	close(release)
	requireReturns(t, stuck)
}

// A deferred call that blocks cannot keep Close from returning.
func TestCloseOfStuckCode(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	x := impatient(t, func(ctx *orchestration.Context, _ none) (string, error) {
		defer func() { <-release }()
		return wait(ctx, "Never")
	})
	_, err := x.Handle(started)
	require.NoError(t, err)
	x.Close()
	close(release)
}

func TestSlowCodeIsNotStuck(t *testing.T) {
	t.Parallel()
	if !isAlone() {
		runAlone(t)
		return
	}
	synctest.Test(t, func(t *testing.T) {
		for _, slow := range []time.Duration{
			12 * time.Millisecond, // longer than one of the two halves
			20*time.Millisecond - 1,
		} {
			decisions, err := impatient(t, sleeper(slow)).Handle(started)
			require.NoError(t, err)
			require.Equal(t, []string{"ExecutionCompleted"}, kinds(decisions))
		}
		x := impatient(t, sleeper(20*time.Millisecond+1))
		_, err := x.Handle(started)
		stuck := requireStuck(t, err)
		require.False(t, stuck.Returned())
		x.Close()
		time.Sleep(time.Millisecond)
		require.True(t, stuck.Returned())
	})
}

// sleeper is an orchestrator that takes so long and waits for nothing.
func sleeper(slow time.Duration) func(*orchestration.Context, none) (string, error) {
	return func(*orchestration.Context, none) (string, error) {
		time.Sleep(slow)
		return "done", nil
	}
}

// inProcessOfItsOwn is set in the environment of a test that runs alone.
const inProcessOfItsOwn = "DORMOUSE_TEST_ALONE"

func isAlone() bool { return os.Getenv(inProcessOfItsOwn) != "" }

// runAlone runs the test again, in a process where it is the only one. Orchestrators
// share their timers, and one that was made in a bubble must not be used outside of it.
func runAlone(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	test := exec.CommandContext(t.Context(), program, "-test.v", "-test.run", "^"+t.Name()+"$")
	test.Env = append(os.Environ(), inProcessOfItsOwn+"=yes")
	out, err := test.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
}
