package hubsuite

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/memhub"
)

// quick has times short enough to wait for.
var quick = memhub.Config{LeaseTTL: 2 * time.Second, KeepAliveInterval: 500 * time.Millisecond}

// readable is a hub in memory whose dead letters the suite can read.
type readable struct{ *memhub.Hub }

func (h readable) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	stored, err := h.Hub.DeadLetters(ctx)
	var letters []DeadLetter
	for _, letter := range stored {
		letters = append(letters, DeadLetter(letter))
	}
	return letters, err
}

func TestMemory(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]memhub.Config{
		"quick": quick,
		"slow":  {LeaseTTL: time.Minute, KeepAliveInterval: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			RunWorker(t, InBubble, func(*testing.T) hub.Engine { return readable{memhub.New(config)} })
			RunClient(t, InBubble, func(*testing.T) ClientHub { return readable{memhub.New(config)} })
		})
	}
}

func TestMemoryWithOnePartition(t *testing.T) {
	t.Parallel()
	config := quick
	config.Partitions = 1
	RunWorker(t, InBubble, func(*testing.T) hub.Engine { return memhub.New(config) })
}

// Faults that are never due change nothing.
func TestFaultsKeepPromises(t *testing.T) {
	t.Parallel()
	RunWorker(t, InBubble, func(t *testing.T) hub.Engine {
		f := hubfaults.New(memhub.New(quick), hubfaults.KillAfter(1_000_000))
		t.Cleanup(f.Wait)
		return f
	})
}

func TestMemoryWithManualClock(t *testing.T) {
	t.Parallel()
	clock := memhub.NewManualClock(sampleTime)
	m := memhub.New(memhub.Config{Clock: clock})
	fx := newFixture(t, m)
	b := fx.openAll(nil)
	fx.do(set("i", "e", 1, sampleTime.Add(time.Hour)), run("Act", "i", 2))
	lease, err := m.Acquire(t.Context(), "l", "a")
	require.NoError(t, err)
	out, _ := fx.work("Act", 2)
	require.Equal(t, 1, receive(fx, "the activity", out).Attempt)

	clock.Advance(5*time.Second - 1)
	fx.requireHeld("l")
	clock.Advance(1)
	_, err = m.Renew(t.Context(), "l", "a", lease)
	require.ErrorIs(t, err, hub.ErrConflict)

	clock.Advance(25 * time.Second)
	again := receive(fx, "the activity again", out)
	require.Equal(t, 2, again.Attempt)
	again.finish(fx)

	require.Equal(t, memhub.Backlog{Timers: 1}, m.Backlog())
	clock.Advance(time.Hour - 30*time.Second - 1)
	require.Equal(t, memhub.Backlog{Timers: 1}, m.Backlog())
	clock.Advance(1)
	require.Equal(t, memhub.Backlog{Messages: 1}, m.Backlog())
	got := b.awaitMessage(fx, fired("i", "e", 1))[0]
	require.True(t, got.Stored.Equal(sampleTime.Add(time.Hour)))
	got.Ack()
	require.NoError(t, m.WaitIdle(fx.ctx))
}

func TestMemoryForgetsTombstones(t *testing.T) {
	t.Parallel()
	clock := memhub.NewManualClock(sampleTime)
	fx := newFixture(t, memhub.New(memhub.Config{Clock: clock}))
	m := fx.hub.(*memhub.Hub)
	require.NoError(t, m.Purge(fx.ctx, "i", fx.create("i", sample("e"))))
	clock.Advance(memhub.TombstoneTTL - 1)
	_, revision := fx.latest("i")
	require.NotZero(t, revision)
	clock.Advance(1)
	_, revision = fx.latest("i")
	require.Zero(t, revision)
	fx.create("i", sample("e"))
}

func TestMemoryWaitIdle(t *testing.T) {
	t.Parallel()
	fx := newFixture(t, memhub.New(memhub.Config{}))
	m := fx.hub.(*memhub.Hub)
	fx.do(run("Act", "i", 1))
	fx.raise("i", "one")
	idle := make(chan error, 1)
	go func() { idle <- m.WaitIdle(fx.ctx) }()
	b := fx.openAll(nil)
	b.await(fx, "the message", func(all []arrival) bool { return len(all) == 1 })[0].Ack()
	out, _ := fx.work("Act", 1)
	require.Empty(t, idle)
	receive(fx, "the activity", out).finish(fx)
	require.NoError(t, receive(fx, "the end of all work", idle))

	fx.raise("i", "two")
	ctx, cancel := context.WithCancel(fx.ctx)
	cancel()
	require.ErrorIs(t, m.WaitIdle(ctx), context.Canceled)
}

func TestMemoryRedeliver(t *testing.T) {
	t.Parallel()
	fx := newFixture(t, memhub.New(memhub.Config{}))
	m := fx.hub.(*memhub.Hub)
	b := fx.openAll(nil)
	numbers := fx.raiseMany("i", 4)
	b.awaitSeq(fx, numbers[3])[1].Ack()
	fx.do(run("Act", "i", 1))
	out, _ := fx.work("Act", 2)
	require.Equal(t, 1, receive(fx, "the activity", out).Attempt)

	m.Redeliver()
	require.Equal(t, 2, receive(fx, "the activity again", out).Attempt)
	last := fx.raise("i", "last")
	again := []uint64{numbers[0], numbers[2], numbers[3], last}
	require.Equal(t, append(numbers, again...), seqs(b.awaitSeq(fx, last)))
}

// A session that is told to end with a backlog leaves it to the next.
func TestMemoryEndsWithBacklog(t *testing.T) {
	t.Parallel()
	end := map[string]func(*memhub.Hub, hub.Session){
		"stop": func(_ *memhub.Hub, s hub.Session) { go s.Stop() },
		"takeover": func(m *memhub.Hub, _ hub.Session) {
			s, err := m.Open(context.Background(), 0, func(hub.Delivery) {})
			if err == nil {
				s.Stop()
			}
		},
	}
	for name, end := range end {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := memhub.New(memhub.Config{Partitions: 1})
				fx := newFixture(t, m)
				fx.raiseMany("i", 10)
				release, delivered := make(chan struct{}), 0
				s := fx.open(0, func(hub.Delivery) {
					delivered++
					<-release
				})
				synctest.Wait()
				end(m, s)
				synctest.Wait()
				close(release)
				<-s.Done()
				require.Equal(t, 1, delivered)
				require.Equal(t, memhub.Backlog{Messages: 10}, m.Backlog())
			})
		})
	}
}

func TestMemoryExpireLeases(t *testing.T) {
	t.Parallel()
	fx := newFixture(t, memhub.New(memhub.Config{}))
	m := fx.hub.(*memhub.Hub)
	fx.acquire("1", "a")
	fx.acquire("2", "b")
	fx.acquire("3", "a")
	m.ExpireLeases("a")
	fx.awaitLeases(fx.watchLeases(), map[string]string{"2": "b"})
}

func TestMemoryRefuses(t *testing.T) {
	t.Parallel()
	m := memhub.New(memhub.Config{MaxValue: 1000})
	ctx := t.Context()
	big := sample("e")
	big.Input = make([]byte, 1000)
	_, err := m.Commit(ctx, "i", big, 0)
	require.ErrorIs(t, err, memhub.ErrTooLarge)
	require.ErrorIs(t, m.WriteSegment(ctx, "i", "1", make([]byte, 1001)), memhub.ErrTooLarge)
	_, err = m.Post(ctx, hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "e", Data: make([]byte, 251)})
	require.ErrorIs(t, err, memhub.ErrTooLarge)
	_, err = m.Post(ctx, hub.Message{Instance: "@i", Verb: hub.VerbRaise, Arg: "e"})
	require.ErrorIs(t, err, ident.ErrInvalidName)
	_, err = m.Post(ctx, hub.Message{Instance: "i", Verb: "shout", Arg: "e"})
	require.ErrorIs(t, err, ident.ErrInvalidName)
	require.NoError(t, m.WriteSegment(ctx, "i", "1", []byte("one")))
	require.ErrorContains(t, m.WriteSegment(ctx, "i", "1", []byte("two")), "different content")
	_, err = m.Work(ctx, "Act", 0, nil)
	require.Error(t, err)
	require.Equal(t, memhub.Backlog{}, m.Backlog())
}
