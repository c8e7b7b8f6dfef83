package history_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// However a log was put together, it holds the same bytes and reads as the same
// events.
func TestLogsJoinEndToEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runs := rapid.SliceOfN(rapid.SliceOfN(anyEvent(), 0, 5), 0, 6).Draw(t, "runs")
		var joined history.Log
		var all []history.Event
		for _, run := range runs {
			joined = joined.Join(history.NewLog(run...))
			all = append(all, run...)
		}
		require.Equal(t, history.NewLog(all...).Stored(), joined.Stored())
		require.Equal(t, len(joined.Stored()), joined.Size())
		require.Equal(t, all, joined.Events)

		parsed, err := history.ParseLog(joined.Stored())
		require.NoError(t, err)
		require.Equal(t, joined.Events, parsed.Events)
		require.Equal(t, joined.Stored(), parsed.Stored())
	})
}

func TestSplitCutsBetweenEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := history.NewLog(rapid.SliceOfN(anyEvent(), 1, 8).Draw(t, "events")...)
		size := rapid.IntRange(0, whole.Size()+10).Draw(t, "size")
		head, tail := whole.Split(size)

		require.NotEmpty(t, head.Events, "a split that takes nothing would never end")
		require.True(t, head.Size() <= size || len(head.Events) == 1)
		if len(tail.Events) > 0 {
			require.Greater(t, head.Size()+history.NewLog(tail.Events[0]).Size(), size, "one more would have fitted")
		}
		require.Equal(t, whole.Stored(), head.Join(tail).Stored())
		for _, part := range []history.Log{head, tail} {
			parsed, err := history.ParseLog(part.Stored())
			require.NoError(t, err)
			require.Equal(t, len(part.Events), len(parsed.Events))
		}
	})
}

// Joining to the head of a split must not write over the tail.
func TestSplitHeadDoesNotShareItsEnd(t *testing.T) {
	t.Parallel()
	whole := history.NewLog(goldenEvents()...)
	before := append([]byte(nil), whole.Stored()...)
	head, tail := whole.Split(1)
	head.Join(history.NewLog(goldenEvents()[5:]...))
	require.Equal(t, before[head.Size():], tail.Stored())
	require.Equal(t, goldenEvents()[1:], tail.Events)
}

func TestEmptyLogs(t *testing.T) {
	t.Parallel()
	var zero history.Log
	parsed, err := history.ParseLog(nil)
	require.NoError(t, err)
	require.Equal(t, zero, parsed)
	require.Zero(t, history.NewLog().Size())
	head, tail := zero.Split(100)
	require.Empty(t, head.Events)
	require.Empty(t, tail.Events)
}

func TestHistoryPutsSegmentsBeforeTheLog(t *testing.T) {
	t.Parallel()
	events := goldenEvents()
	first, second := history.NewLog(events[:3]...), history.NewLog(events[3:4]...)
	v := &history.Value{
		Segments: []history.Segment{{Key: "1", Events: 3}, {Key: "2", Events: 1}},
		Log:      history.NewLog(events[4:]...),
	}
	require.Equal(t, len(events), v.Events())

	got, err := v.History([][]byte{first.Stored(), second.Stored()})
	require.NoError(t, err)
	require.Equal(t, events, got)

	_, err = v.History([][]byte{second.Stored(), first.Stored()})
	require.ErrorIs(t, err, history.ErrCorrupt)
	require.ErrorContains(t, err, "segment 1 has 1 events, 3 were sealed")

	_, err = v.History([][]byte{{0xff}, second.Stored()})
	require.ErrorIs(t, err, history.ErrCorrupt)

	_, err = v.History([][]byte{first.Stored()})
	require.ErrorIs(t, err, history.ErrCorrupt, "a missing segment must not go unnoticed")
}
