package jetstream

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// clockFixture is a clock, and the two clocks between which it mediates, each some time
// ahead of the bubble's. The server's answers take 20 ms each way.
type clockFixture struct {
	*testing.T
	*clock
	log       bytes.Buffer
	server    atomic.Int64
	local     time.Duration
	silent    bool
	questions int
}

const latency = 20 * time.Millisecond

// inTime runs a test of a clock whose server is an hour ahead.
func inTime(t *testing.T, test func(*clockFixture)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &clockFixture{T: t}
		r.server.Store(int64(time.Hour))
		r.clock = newClock(func() time.Time { return time.Now().Add(r.local) }, slog.New(slog.NewTextHandler(&r.log, nil)))
		r.ask = func(context.Context) (time.Time, error) {
			r.questions++
			time.Sleep(latency)
			at := r.serverNow()
			time.Sleep(latency)
			if r.silent {
				return time.Time{}, errors.New("no answer")
			}
			return at, nil
		}
		test(r)
	})
}

func (r *clockFixture) serverNow() time.Time { return time.Now().Add(time.Duration(r.server.Load())) }

// behind is by how much the estimate is behind the server's clock.
func (r *clockFixture) behind() time.Duration { return r.serverNow().Sub(r.now()) }

func (r *clockFixture) receive(stored time.Time) { r.heard(r.Context(), stored) }

func TestClockFollowsTheServerAndNotThisComputer(t *testing.T) {
	inTime(t, func(r *clockFixture) {
		require.Equal(r, time.Hour, r.behind(), "nothing is known yet")
		r.refresh(r.Context(), 0)
		require.Equal(r, latency, r.behind())
		require.Equal(r, latency, r.latest().Sub(r.serverNow()), "it cannot be later")
		for _, jump := range []time.Duration{-2 * time.Second, time.Hour, -time.Hour} {
			r.local = jump
			time.Sleep(time.Minute)
			r.refresh(r.Context(), clockAge)
			require.Equal(r, latency, r.behind(), "after a jump of %v", jump)
		}
	})
}

func TestClockIsNeverBehindAMessage(t *testing.T) {
	inTime(t, func(r *clockFixture) {
		r.refresh(r.Context(), 0)
		r.receive(r.serverNow().Add(-time.Minute))
		require.Equal(r, latency, r.behind(), "an old message says nothing")
		r.receive(r.serverNow())
		require.Zero(r, r.behind())
		require.Equal(r, 1, r.questions)
	})
}

func TestClockOfTheServerIsSet(t *testing.T) {
	for name, by := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(r *clockFixture) {
				ctx, cancel := context.WithCancel(r.Context())
				defer cancel()
				go r.keep(ctx)
				r.refresh(ctx, 0)
				r.server.Add(int64(by))
				time.Sleep(clockInterval + 10*latency)
				require.InDelta(r, latency, r.behind(), float64(latency))
				require.GreaterOrEqual(r, r.behind(), time.Duration(0))
			})
		})
	}
}

// A process that was frozen with its monotonic clock, or a server whose clock was
// set, shows by the first message.
func TestClockSetForwardShowsByAMessage(t *testing.T) {
	inTime(t, func(r *clockFixture) {
		r.refresh(r.Context(), 0)
		time.Sleep(2 * time.Second)
		r.server.Add(int64(time.Hour))
		stored := r.serverNow()
		r.receive(stored)
		require.False(r, r.now().Before(stored))
		require.GreaterOrEqual(r, r.behind(), time.Duration(0))
	})
}

func TestMessageOfAClockThatWasAheadSaysNothing(t *testing.T) {
	inTime(t, func(r *clockFixture) {
		r.refresh(r.Context(), 0)
		time.Sleep(2 * time.Second)
		for range 100 {
			r.receive(r.serverNow().Add(time.Hour))
		}
		require.Equal(r, latency, r.behind())
		require.Equal(r, 2, r.questions, "the server is not asked for each of them")
	})
}

func TestClockGoesOnWhereTheServerIsSilent(t *testing.T) {
	inTime(t, func(r *clockFixture) {
		r.refresh(r.Context(), 0)
		r.silent = true
		for range 100 {
			time.Sleep(clockAge / 10)
			r.refresh(r.Context(), clockAge)
		}
		require.Equal(r, latency, r.behind())
		require.LessOrEqual(r, r.questions, 11)
	})
}

func TestWrongClockIsReportedOnceAndWhenThatChanges(t *testing.T) {
	inTime(t, func(r *clockFixture) {
		reports := func(local time.Duration) int {
			r.local = local
			r.log.Reset()
			for range 3 {
				time.Sleep(clockInterval)
				r.refresh(r.Context(), clockInterval/2)
			}
			return strings.Count(r.log.String(), "\n")
		}
		r.server.Store(0)
		require.Zero(r, reports(900*time.Millisecond))
		require.Equal(r, 1, reports(2*time.Second))
		require.Zero(r, reports(2500*time.Millisecond))
		require.Equal(r, 1, reports(time.Hour))
		require.Contains(r, r.log.String(), "ahead=1h0m0")
		require.Equal(r, 1, reports(0), "it agrees again")
		require.Zero(r, reports(0))
		require.Equal(r, 1, reports(-time.Hour))
	})
}
