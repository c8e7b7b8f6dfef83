package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// sleeper is an orchestrator that remembers being unloaded.
type sleeper struct{ closed int }

func (s *sleeper) Handle(record.Event) ([]record.Event, error) { return nil, nil }
func (s *sleeper) View() replay.View                           { return replay.View{} }
func (s *sleeper) Took() bool                                  { return false }
func (s *sleeper) Awaits(int64) bool                           { return false }
func (s *sleeper) Close()                                      { s.closed++ }

func sleeping(instance string) (*turn.Instance, *sleeper) {
	s := &sleeper{}
	return &turn.Instance{ID: instance, Code: s}, s
}

func TestCacheIsBoundedByNumber(t *testing.T) {
	t.Parallel()
	c, now := newCache(2), time.Now()
	a, codeA := sleeping("a")
	b, codeB := sleeping("b")
	d, codeD := sleeping("d")
	c.park(a, 0, now)
	c.park(b, 0, now)
	c.park(d, 0, now)
	require.Equal(t, 2, c.len())
	require.Equal(t, 1, codeA.closed, "the longest unused goes")
	_, isParked := c.take("a")
	require.False(t, isParked)
	taken, isParked := c.take("b")
	require.True(t, isParked)
	require.Same(t, codeB, taken.Code)
	_, isParked = c.take("b")
	require.False(t, isParked, "an instance is handed out once")
	c.close()
	require.Zero(t, codeB.closed)
	require.Equal(t, 1, codeD.closed)
	c.park(b, 0, now)
	require.Equal(t, 1, codeB.closed, "a closed cache keeps nothing")
}

func TestCacheIsBoundedByTimeAndPartition(t *testing.T) {
	t.Parallel()
	c, now := newCache(10), time.Now()
	a, codeA := sleeping("a")
	b, codeB := sleeping("b")
	d, codeD := sleeping("d")
	c.park(a, 1, now)
	c.park(b, 2, now.Add(time.Second))
	c.park(d, 2, now.Add(2*time.Second))
	c.sweep(now.Add(time.Second))
	require.Equal(t, []int{1, 0, 0}, []int{codeA.closed, codeB.closed, codeD.closed})
	c.dropPartition(2)
	require.Equal(t, []int{1, 1, 1}, []int{codeA.closed, codeB.closed, codeD.closed})
	require.Zero(t, c.len())
}

func TestCacheTurnedOffKeepsNothing(t *testing.T) {
	t.Parallel()
	c := newCache(-1)
	a, code := sleeping("a")
	c.park(a, 0, time.Now())
	require.Zero(t, c.len())
	require.Equal(t, 1, code.closed)
}
