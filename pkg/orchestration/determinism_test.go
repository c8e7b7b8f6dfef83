package orchestration_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestTimeStandsStillBetweenInputsAndIsTheSameOnReplay(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) ([]time.Time, error) {
		times := []time.Time{ctx.CurrentTime(), ctx.CurrentTime()}
		_, _ = wait(ctx, "A")
		times = append(times, ctx.CurrentTime())
		_, _ = wait(ctx, "B")
		return append(times, ctx.CurrentTime()), nil
	})
	s.raise("A", `"x"`)
	s.now = s.now.Add(48 * time.Hour)
	s.reload()
	s.raise("B", `"x"`)
	s.requireOutput(asJSON(t, []time.Time{dawn, dawn, dawn.Add(time.Second), dawn.Add(48*time.Hour + 2*time.Second)}))
}

// An input may come with the time of any zone and a monotonic clock: the code sees
// the time that replay will show.
func TestTimeIsWhatItWillBeOnReplay(t *testing.T) {
	t.Parallel()
	var seen time.Time
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		seen = ctx.CurrentTime()
		return "", nil
	}))
	x, err := r.Code().Begin(replay.Execution{Name: "Test"}, nil)
	require.NoError(t, err)
	defer x.Close()
	now := time.Now().In(time.FixedZone("far", 3*3600))
	_, err = x.Handle(record.Event{Kind: history.ExecutionStarted, Time: now})
	require.NoError(t, err)
	require.Equal(t, time.Unix(0, now.UnixNano()).UTC(), seen)
}

func TestGUIDsAndRandomNumbersAreTheSameOnReplayAndDifferElsewhere(t *testing.T) {
	t.Parallel()
	type draw struct {
		GUIDs   []string
		Numbers []int
	}
	seen := map[string][]draw{}
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (none, error) {
		var d draw
		for range 3 {
			d.GUIDs = append(d.GUIDs, ctx.NewGUID())
			d.Numbers = append(d.Numbers, ctx.Random().IntN(1_000_000))
			_, _ = wait(ctx, "A")
		}
		key := ctx.InstanceID() + "/" + ctx.ExecutionID()
		seen[key] = append(seen[key], d)
		return none{}, nil
	}))
	all := map[string]bool{}
	for _, id := range [][2]string{{"i1", "e1"}, {"i1", "e2"}, {"i2", "e3"}, {"i2", "e1"}} {
		s := harnessFor(t, r, "Test", "")
		s.close()
		s.info.Instance, s.info.ID = id[0], id[1]
		s.load()
		s.start()
		for range 3 {
			s.raise("A", `"x"`)
		}
		s.close()
		draws := seen[id[0]+"/"+id[1]]
		require.Greater(t, len(draws), 1)
		for _, d := range draws {
			require.Equal(t, draws[0], d)
		}
		for _, guid := range draws[0].GUIDs {
			require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, guid)
			require.False(t, all[guid], "%s was given twice", guid)
			all[guid] = true
		}
	}
	require.NotEqual(t, seen["i1/e1"][0].Numbers, seen["i1/e2"][0].Numbers)
}

func TestLoggerIsSilentWhileReplaying(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := &orchestration.Registry{Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		log := ctx.Logger().With("k", "v").WithGroup("g")
		defer log.Info("unwinding")
		for _, name := range []string{"A", "B"} {
			ctx.Logger().Debug("waiting", "for", name)
			_, _ = wait(ctx, name)
			log.Info("got", "name", name)
			require.Equal(t, ctx.IsReplaying(), !ctx.Logger().Enabled(t.Context(), slog.LevelError))
		}
		return "", nil
	}))
	s := harnessFor(t, r, "Test", "")
	defer s.close()
	s.start()
	s.reload()
	s.raise("A", `"x"`)
	s.reload()
	s.reload()
	s.trusting = true
	s.raise("B", `"x"`)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	got := map[string]int{}
	for _, line := range lines {
		require.Contains(t, line, "instance=i1 orchestrator=Test")
		_, text, _ := strings.Cut(line, "msg=")
		got[text]++
	}
	// The harness hands the same inputs to a fresh orchestrator as well, which replays
	// nothing: those lines come twice.
	require.Equal(t, 1, got[`got instance=i1 orchestrator=Test k=v g.name=B`])
	require.Equal(t, 1, got[`unwinding instance=i1 orchestrator=Test k=v`])
}

func TestIsReplaying(t *testing.T) {
	t.Parallel()
	var seen []bool
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		seen = append(seen, ctx.IsReplaying())
		_, _ = wait(ctx, "A")
		seen = append(seen, ctx.IsReplaying())
		return "", nil
	}))
	s := harnessFor(t, r, "Test", "")
	s.trusting = true
	s.start()
	s.reload()
	s.raise("A", `"x"`)
	s.close()
	require.Equal(t, []bool{false, true, false}, seen)
}

func TestContextTellsWhoItIs(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Who", func(ctx *orchestration.Context, _ none) ([]any, error) {
		return []any{ctx.InstanceID(), ctx.ExecutionID(), ctx.Name(), ctx.Generation()}, nil
	}))
	s := harnessFor(t, r, "Who", "")
	s.close()
	s.info.Generation = 4
	s.load()
	defer s.close()
	s.start()
	s.requireOutput(`["i1","e1","Who",4]`)
}

func TestNonDeterminismErrorHoldsBothSides(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) { return call(ctx, "New") }))
	_, err := r.Code().Begin(replay.Execution{Name: "Test"}, []record.Event{
		{Kind: history.ExecutionStarted, Time: dawn}, {Kind: history.TaskScheduled, Task: 1, Name: "Old"},
	})
	var nd *replay.NonDeterminismError
	require.ErrorAs(t, err, &nd)
	require.ErrorIs(t, err, replay.ErrNonDeterminism)
	require.Equal(t, 2, nd.Event)
	require.Equal(t, "Old", nd.Recorded.Name)
	require.Equal(t, "New", nd.Asked.Name)
}

// A program whose code depends on more than its history: the second run differs.
func TestCodeThatDependsOnTheWorldIsFound(t *testing.T) {
	t.Parallel()
	runs := 0
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		if runs++; runs > 1 {
			return "", errors.New("ran before")
		}
		return wait(ctx, "A")
	}))
	s := harnessFor(t, r, "Test", "")
	defer s.close()
	s.trusting = true
	s.start()
	_, err := r.Code().Begin(s.info, s.events)
	require.EqualError(t, err, "non-determinism at history event 2: history says no decision, the code asked for ExecutionFailed (ran before)")
}
