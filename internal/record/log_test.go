package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// However a log was put together, it holds the same bytes and reads as the same
// events.
func TestLogsJoinEndToEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runs := rapid.SliceOfN(rapid.SliceOfN(anyEvent(), 0, 5), 0, 6).Draw(t, "runs")
		var joined record.Log
		var all []record.Event
		for _, run := range runs {
			joined = joined.Join(record.NewLog(run...))
			all = append(all, run...)
		}
		require.Equal(t, record.NewLog(all...).Stored(), joined.Stored())
		require.Equal(t, len(joined.Stored()), joined.Size())
		require.Equal(t, all, joined.Events)

		parsed, err := record.ParseLog(joined.Stored())
		require.NoError(t, err)
		require.Equal(t, joined.Events, parsed.Events)
		require.Equal(t, joined.Stored(), parsed.Stored())
	})
}

func TestSplitCutsBetweenEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := record.NewLog(rapid.SliceOfN(anyEvent(), 1, 8).Draw(t, "events")...)
		size := rapid.IntRange(0, whole.Size()+10).Draw(t, "size")
		head, tail := whole.Split(size)

		require.NotEmpty(t, head.Events, "a split that takes nothing would never end")
		require.True(t, head.Size() <= size || len(head.Events) == 1)
		if len(tail.Events) > 0 {
			require.Greater(t, head.Size()+record.NewLog(tail.Events[0]).Size(), size, "one more would have fitted")
		}
		require.Equal(t, whole.Stored(), head.Join(tail).Stored())
		for _, part := range []record.Log{head, tail} {
			parsed, err := record.ParseLog(part.Stored())
			require.NoError(t, err)
			require.Equal(t, len(part.Events), len(parsed.Events))
		}
	})
}

// Joining to the head of a split must not write over the tail.
func TestSplitHeadDoesNotShareItsEnd(t *testing.T) {
	t.Parallel()
	whole := record.NewLog(goldenEvents()...)
	before := append([]byte(nil), whole.Stored()...)
	head, tail := whole.Split(1)
	head.Join(record.NewLog(goldenEvents()[5:]...))
	require.Equal(t, before[head.Size():], tail.Stored())
	require.Equal(t, goldenEvents()[1:], tail.Events)
}

func TestEmptyLogs(t *testing.T) {
	t.Parallel()
	var zero record.Log
	parsed, err := record.ParseLog(nil)
	require.NoError(t, err)
	require.Equal(t, zero, parsed)
	require.Zero(t, record.NewLog().Size())
	head, tail := zero.Split(100)
	require.Empty(t, head.Events)
	require.Empty(t, tail.Events)
}

func TestHistoryPutsSegmentsBeforeTheLog(t *testing.T) {
	t.Parallel()
	events := goldenEvents()
	first, second := record.NewLog(events[:3]...), record.NewLog(events[3:4]...)
	v := &record.InstanceRecord{
		Segments: []record.Segment{{Key: "1", Events: 3}, {Key: "2", Events: 1}},
		Log:      record.NewLog(events[4:]...),
	}
	require.Equal(t, len(events), v.Events())

	got, err := v.History([][]byte{first.Stored(), second.Stored()})
	require.NoError(t, err)
	require.Equal(t, events, got)

	_, err = v.History([][]byte{second.Stored(), first.Stored()})
	require.ErrorIs(t, err, record.ErrCorrupt)
	require.ErrorContains(t, err, "segment 1 has 1 events, 3 were sealed")

	_, err = v.History([][]byte{{0xff}, second.Stored()})
	require.ErrorIs(t, err, record.ErrCorrupt)

	_, err = v.History([][]byte{first.Stored()})
	require.ErrorIs(t, err, record.ErrCorrupt, "a missing segment must not go unnoticed")
}
