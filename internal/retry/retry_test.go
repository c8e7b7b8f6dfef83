package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

func TestPauses(t *testing.T) {
	t.Parallel()
	take := func(p *retry.Pauses, n int) (pauses []time.Duration) {
		for range n {
			pauses = append(pauses, p.Next())
		}
		return pauses
	}
	p := retry.Pauses{First: time.Second, Longest: 5 * time.Second}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}, take(&p, 5))
	p.Reset()
	require.Equal(t, time.Second, p.Next())

	var zero retry.Pauses
	all := take(&zero, 20)
	require.Equal(t, retry.DefaultFirst, all[0])
	require.Equal(t, retry.DefaultLongest, all[19])
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p := retry.Pauses{First: time.Minute, Longest: time.Hour}
		require.ErrorIs(t, p.Wait(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(begun))
		require.NoError(t, p.Wait(t.Context()))
		require.Equal(t, time.Second+2*time.Minute, time.Since(begun))
	})
}

// there is reached at once.
func there() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func TestLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		broken := errors.New("broken")
		// How long each run lasts.
		lasts := []time.Duration{0, 0, 0, time.Minute, 0, 0}
		var pauses []time.Duration
		ended := time.Now()
		runs, told := 0, 0
		loop := retry.Loop{
			Pauses: retry.Pauses{First: time.Second, Longest: 4 * time.Second},
			Reach:  there,
			Broke: func(err error, next *retry.Pauses) {
				require.ErrorIs(t, err, broken)
				if told++; told == 5 {
					next.AtLeast(3 * time.Second)
				}
			},
		}
		loop.Run(ctx, func(context.Context) error {
			pauses = append(pauses, time.Since(ended))
			time.Sleep(lasts[runs])
			ended = time.Now()
			if runs++; runs == len(lasts) {
				cancel()
			}
			return broken
		})
		require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, time.Second, 3 * time.Second}, pauses)
		require.Equal(t, len(lasts)-1, told, "the end of the context is nobody's fault")
	})
}

// An interruption is waited out, however long it is, and no longer.
func TestLoopWaitsUntilItCanGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		back := make(chan struct{})
		begun := time.Now()
		time.AfterFunc(time.Hour, func() { close(back) })
		var runs []time.Duration
		loop := retry.Loop{Pauses: retry.Pauses{First: time.Second}, Reach: func() <-chan struct{} { return back }}
		loop.Run(ctx, func(context.Context) error {
			if runs = append(runs, time.Since(begun)); len(runs) == 3 {
				cancel()
			}
			return nil
		})
		require.Equal(t, []time.Duration{0, time.Hour, time.Hour + time.Second}, runs)
	})
}
