package worker_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func TestLongHistoryLoadsByAHandfulOfReads(t *testing.T) {
	t.Parallel()
	const events = 3000
	s := newFixture(t, memhub.New(memhub.Config{}), registerCollector)
	stop := s.work()
	s.start("Collector", events+1, "c")
	for i := range events {
		s.raise("c", "Item", strconv.Itoa(i))
	}
	s.until("c", func(i *client.Instance) bool { return i.Events == events+1 })
	stop()

	v, _, err := s.hub.Load(s.ctx, "c")
	require.NoError(s, err)
	size := v.Log.Size()
	for _, segment := range v.Segments {
		size += segment.Bytes
	}
	require.Greater(s, size, 50_000, "the test is about a long history")
	require.LessOrEqual(s, v.Log.Size(), 8<<10, "what a turn writes")
	require.LessOrEqual(s, len(v.Segments), int(math.Log2(float64(size))), "of %d bytes", size)
	for i := 1; i < len(v.Segments); i++ {
		require.Greater(s, v.Segments[i-1].Bytes, 2*v.Segments[i].Bytes)
	}

	// Another worker, with nothing in memory, goes on from there.
	s.cache = -1
	s.work()
	s.raise("c", "Item", strconv.Itoa(events))
	i := s.ends("c")
	require.Equal(s, events+3, i.Events, "start, events, end")
}
