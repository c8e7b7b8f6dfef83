package orchestration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// sideBySide registers versions of one orchestrator that tell which they are.
func sideBySide(versions ...string) *orchestration.Registry {
	r := &orchestration.Registry{}
	for _, v := range versions {
		fn := func(ctx *orchestration.Context, _ none) (string, error) {
			_, err := wait(ctx, "A")
			return v + "/" + ctx.Version(), err
		}
		if v == "" {
			r.Add(orchestration.Orchestrator("Test", fn))
		} else {
			r.Add(orchestration.Orchestrator("Test", fn, orchestration.AsVersion(v)))
		}
	}
	return r
}

func TestNewestVersionIsTheOneRegisteredLast(t *testing.T) {
	t.Parallel()
	require.Empty(t, sideBySide().Code().Newest("Test"))
	require.Empty(t, sideBySide("").Code().Newest("Test"))
	require.Equal(t, "1", sideBySide("2", "", "1").Code().Newest("Test"))
	require.Empty(t, sideBySide("2", "").Code().Newest("Test"))
	require.Equal(t, []string{"Test"}, sideBySide("2", "").Orchestrators())
}

func TestRunningInstancesStayOnTheirVersion(t *testing.T) {
	t.Parallel()
	s := harnessFor(t, sideBySide("", "1", "2"), "Test", "")
	defer func() { s.close() }()
	for _, version := range []string{"", "1", "2"} {
		asked, want := version, version
		if asked == "" {
			want = "2"
		}
		s.close()
		s.info.Version, s.events = asked, nil
		s.load()
		s.start()
		s.info.Version = "2" // the history decides
		s.reload()
		s.raise("A", `""`)
		s.requireOutput(`"` + want + "/" + want + `"`)
	}
	s.close()
	s.events = []record.Event{{Kind: history.ExecutionStarted, Time: dawn, Name: "Test"}}
	s.load()
	s.raise("A", `""`)
	s.requireOutput(`"/"`)
}

func TestVersionThatIsNotRegistered(t *testing.T) {
	t.Parallel()
	r := sideBySide("2", "", "3")
	_, err := r.Code().Begin(replay.Execution{Name: "Test", Version: "1"}, nil)
	require.ErrorIs(t, err, replay.ErrNotRegistered)
	require.EqualError(t, err, `orchestrator "Test", version "1": not registered with this worker; registered are: version "2", one without a version, version "3"`)
	_, err = sideBySide("2").Code().Begin(replay.Execution{Name: "Test", Version: "2"}, []record.Event{{Kind: history.ExecutionStarted}})
	require.EqualError(t, err, `orchestrator "Test", no version: not registered with this worker; registered are: version "2"`)
}

func TestVersionsThatCannotBeRegistered(t *testing.T) {
	t.Parallel()
	err := sideBySide("1", "2", "1", "a\nb").Err()
	require.ErrorContains(t, err, `orchestrator "Test" is registered twice as version "1"`)
	require.ErrorContains(t, err, `orchestrator "Test": invalid name: orchestrator version "a\nb"`)
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", echo, orchestration.AsVersion("")))
	require.ErrorContains(t, r.Err(), "orchestrator version is empty")
}
