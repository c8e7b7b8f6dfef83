package turn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// words are the events in few words.
func words(events []record.Event) []string {
	all := []string{}
	for _, e := range events {
		all = append(all, e.String())
	}
	return all
}

func TestPlanOfARewind(t *testing.T) {
	t.Parallel()
	all := fanOut()
	left := record.Event{Kind: history.EventRaised, Name: "Late"}
	begun := words(all[:5])
	for name, tt := range map[string]struct {
		events []record.Event
		bases  [][]string
		inputs []string
	}{
		// Nothing was decided on the first failure; the last one is the final input.
		"a failed child": {append(all[:len(all):len(all)], left), [][]string{
			append(begun[:5:5], "TaskCompleted #2"),
			append(begun[:5:5], "TaskCompleted #2"),
			append(begun[:5:5], "TaskFailed #1", "TaskCompleted #2"),
		}, []string{`EventRaised "Late"`}},
		// The code failed at a result: it is handed that again.
		"a result": {append(all[:7:7], all[9]), [][]string{begun, begun, append(begun[:5:5], "TaskFailed #1")}, []string{"TaskCompleted #2"}},
		// It failed at its start.
		"a start": {[]record.Event{all[0], all[9]}, [][]string{{}, {}, {}}, []string{`ExecutionStarted "O"`}},
		// It was terminated: it goes on where it was.
		"a terminate": {append(all[:5:5], record.Event{Kind: history.ExecutionTerminated}, all[8]), [][]string{begun, begun, begun}, []string{}},
	} {
		p := planRewind(tt.events)
		var bases [][]string
		for _, base := range p.bases {
			bases = append(bases, words(base))
		}
		require.Equal(t, tt.bases, bases, name)
		require.Equal(t, tt.inputs, words(p.inputs()), name)
	}
}
