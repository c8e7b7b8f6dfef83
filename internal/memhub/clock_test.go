package memhub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clockStart is where the clocks of the tests stand at first.
var clockStart = time.Date(2024, 2, 29, 23, 59, 58, 123_456_789, time.UTC)

func TestManualClock(t *testing.T) {
	t.Parallel()
	c := NewManualClock(clockStart)
	var calls []string
	note := func(name string) func() {
		return func() { calls = append(calls, name+" "+c.Now().Sub(clockStart).String()) }
	}
	c.AfterFunc(3*time.Second, note("third"))
	c.AfterFunc(time.Second, func() {
		note("first")()
		c.AfterFunc(time.Second, note("second"))
		c.AfterFunc(time.Second, note("second too"))
	})
	stop := c.AfterFunc(time.Second, note("stopped"))
	c.AfterFunc(-time.Second, note("overdue"))
	stop()
	stop()

	c.Advance(0)
	require.Equal(t, []string{"overdue 0s"}, calls)
	c.Advance(2500 * time.Millisecond)
	require.Equal(t, []string{"overdue 0s", "first 1s", "second 2s", "second too 2s"}, calls)
	require.Equal(t, clockStart.Add(2500*time.Millisecond), c.Now())
	c.Advance(time.Hour)
	require.Equal(t, "third 3s", calls[4])
	require.Len(t, calls, 5)
}
