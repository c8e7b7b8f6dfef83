package turn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// A sender that may raise one event only cannot use up the ids of another.
func TestEventIDsAreOfTheirName(t *testing.T) {
	t.Parallel()
	b := newHistoryState(nil, []record.Event{record.Raised("Paid", "k", nil), {Kind: history.EventRaised, Name: "Noise"}})
	require.True(t, b.knows("Paid", "k"))
	require.True(t, b.knows("PAID", "k"), "names match without regard to case")
	require.False(t, b.knows("Noise", "k"))
	require.False(t, b.knows("Noise", ""))
	next := newHistoryState(b.ids, nil)
	require.True(t, next.knows("paid", "k"), "in the next generation too")
}
