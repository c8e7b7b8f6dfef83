package hubsuite

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

func TestFaultsCount(t *testing.T) {
	t.Parallel()
	f := hubfaults.New(memhub.New(memhub.Config{}))
	fx := newFixture(t, f)
	revision := fx.create("i", sample("e"))
	fx.latest("i")
	_, _, err := f.Load(fx.ctx, "i")
	require.NoError(t, err)
	fx.writeSegment("i", "1", "one")
	fx.requireSegments("i", []string{"1"}, "one")
	require.NoError(t, f.DropSegments(fx.ctx, "i", []string{"1"}))
	fx.do(run("Act", "i", 1))
	fx.raise("i", "e")
	_, err = f.Commit(fx.ctx, "i", sample("e"), revision+9)
	require.ErrorIs(t, err, hub.ErrConflict)
	b := fx.openAll(nil)
	b.await(fx, "the message", func(all []arrival) bool { return len(all) == 1 })[0].Ack()
	b.awaitSeq(fx, fx.raise("i", "bad"))[1].Reject("bad")
	out, _ := fx.work("Act", 1)
	h := receive(fx, "the activity", out)
	require.NoError(t, h.KeepAlive())
	require.NoError(t, h.Release(0))
	h.release()
	receive(fx, "the activity", out).finish(fx)
	fx.acquire("l", "a")
	require.Equal(t, []string{
		"Commit", "LoadLatest", "Load", "WriteSegment", "ReadSegments", "DropSegments", "Send", "Post", "Commit",
		"Ack", "Post", "Reject", "Release", "Ack",
	}, f.Calls())
}

func TestFaultsStrike(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault  hubfaults.Fault
		name   string
		err    error
		stored bool
		dead   bool
	}{
		{hubfaults.KillBefore(2), "kill before call 2", hubfaults.ErrKilled, false, true},
		{hubfaults.KillAfter(2), "kill after call 2", hubfaults.ErrKilled, true, true},
		{hubfaults.FailBefore(2), "fail before call 2", hubfaults.ErrInjected, false, false},
		{hubfaults.FailAfter(2), "fail after call 2", hubfaults.ErrInjected, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := memhub.New(memhub.Config{})
			f := hubfaults.New(m, test.fault)
			require.Equal(t, test.name, test.fault.String())
			first := newFixture(t, f).create("i", sample("e1"))
			_, err := f.Commit(t.Context(), "i", sample("e2"), first)
			require.ErrorIs(t, err, test.err)
			v, _ := newFixture(t, m).latest("i")
			require.Equal(t, test.stored, v.Execution == "e2")
			_, _, err = f.Load(t.Context(), "i")
			if !test.dead {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, hubfaults.ErrKilled)
			requireClosed(newFixture(t, m), "the kill", f.Killed())
			require.Len(t, f.Calls(), 2)
		})
	}
}

// A fault at the acknowledgement is silent.
func TestFaultsLoseAck(t *testing.T) {
	t.Parallel()
	for fault, left := range map[hubfaults.Fault]int{hubfaults.KillBefore(1): 1, hubfaults.FailBefore(1): 1, hubfaults.KillAfter(1): 0, hubfaults.FailAfter(1): 0} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			m := memhub.New(memhub.Config{})
			outside := newFixture(t, m)
			seq := outside.raise("i", "e")
			f := hubfaults.New(m, fault)
			newFixture(t, f).openAll(nil).awaitSeq(outside, seq)[0].Ack()
			require.Equal(t, []string{"Ack"}, f.Calls())
			require.Equal(t, memhub.Backlog{Messages: left}, m.Backlog())
		})
	}
}

// Nothing of a dead worker reaches the hub, and nothing of the hub the worker.
func TestFaultsKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := memhub.New(quick)
		f := hubfaults.New(m)
		worker, outside := newFixture(t, f), newFixture(t, m)
		b := worker.openAll(nil)
		seq := outside.raise("i", "one")
		message := b.awaitSeq(worker, seq)[0]
		out, working := worker.work("Act", 1)
		outside.do(run("Act", "i", 1))
		activity := receive(worker, "the activity", out)
		lease := worker.acquire("l", "worker")

		f.Kill()
		f.Kill()
		requireDead(t, f, lease)
		message.Ack()
		require.ErrorIs(t, activity.Ack(), hubfaults.ErrKilled)
		require.ErrorIs(t, activity.KeepAlive(), hubfaults.ErrKilled)
		require.ErrorIs(t, activity.Release(0), hubfaults.ErrKilled)
		activity.release()
		sessions := []hub.Session{working}
		for _, s := range b.sessions {
			sessions = append(sessions, s)
		}
		for _, s := range sessions {
			requireClosed(worker, "the end of a session", s.Done())
			require.ErrorIs(t, s.Err(), hubfaults.ErrKilled)
			s.Stop()
		}

		outside.awaitLeases(outside.watchLeases(), map[string]string{})
		second, _ := outside.work("Act", 1)
		require.Equal(t, 2, receive(outside, "the activity again", second).Attempt)
		later := outside.raise("i", "two")
		outside.openAll(nil).awaitSeqs(outside, "i", seq, later)
		require.Len(t, b.await(worker, "nothing", func([]arrival) bool { return true }), 1)
	})
}

// A dead worker's watch shows no changes, and ends with its context.
func TestFaultsKillWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := memhub.New(quick)
		f := hubfaults.New(m)
		worker, outside := newFixture(t, f), newFixture(t, m)
		ctx, cancel := context.WithCancel(worker.ctx)
		states, err := f.WatchLeases(ctx)
		require.NoError(t, err)
		outside.acquire("l", "a")
		worker.awaitLeases(states, map[string]string{"l": "a"})
		f.Kill()
		synctest.Wait()
		outside.acquire("m", "b")
		requireQuiet(worker, "a change seen by a dead worker", states)
		cancel()
		requireClosed(worker, "the end of the watch", states)
		f.Wait()
	})
}

func requireDead(t *testing.T, f *hubfaults.Hub, lease uint64) {
	t.Helper()
	ctx := t.Context()
	_, err := f.Open(ctx, 0, nil)
	require.ErrorIs(t, err, hubfaults.ErrKilled)
	_, err = f.Work(ctx, "Act", 1, nil)
	require.ErrorIs(t, err, hubfaults.ErrKilled)
	_, err = f.Acquire(ctx, "l", "worker")
	require.ErrorIs(t, err, hubfaults.ErrKilled)
	_, err = f.Renew(ctx, "l", "worker", lease)
	require.ErrorIs(t, err, hubfaults.ErrKilled)
	require.ErrorIs(t, f.Release(ctx, "l", lease), hubfaults.ErrKilled)
	_, err = f.WatchLeases(ctx)
	require.ErrorIs(t, err, hubfaults.ErrKilled)
	_, err = f.Post(ctx, hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "e"})
	require.ErrorIs(t, err, hubfaults.ErrKilled)
}

// The smallest worker there is counts the events of an instance, each once,
// whatever dies or fails at whichever call.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	for _, opening := range []opening{opensFirst, opensLast} {
		calls := countEvents(t, opening, nil)
		require.NotEmpty(t, calls)
		for n := 1; n <= len(calls); n++ {
			for _, fault := range []hubfaults.Fault{hubfaults.KillBefore(n), hubfaults.KillAfter(n), hubfaults.FailBefore(n), hubfaults.FailAfter(n)} {
				t.Run(fmt.Sprintf("%s %s, %s", fault, calls[n-1], opening), func(t *testing.T) {
					t.Parallel()
					countEvents(t, opening, []hubfaults.Fault{fault})
				})
			}
		}
	}
}

// opening says when a worker learns that its partition is open: deliveries do not
// wait for that, so the worker may be killed by one of them first.
type opening string

const (
	opensFirst opening = "opened before the first delivery"
	opensLast  opening = "opened after the last delivery"
)

// slowHub opens partitions so slowly that all that is stored is delivered first.
type slowHub struct{ hub.Engine }

func (h slowHub) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	s, err := h.Engine.Open(ctx, partition, deliver)
	synctest.Wait()
	return s, err
}

// countEvents runs three events through one worker with faults, then through one
// without, and returns the calls that the first has made.
func countEvents(t *testing.T, opening opening, faults []hubfaults.Fault) []string {
	t.Helper()
	const events = 3
	var calls []string
	synctest.Test(t, func(t *testing.T) {
		m := memhub.New(memhub.Config{Partitions: 1})
		outside := newFixture(t, m)
		outside.raiseMany("i", events)
		var hub hub.Engine = m
		if opening == opensLast {
			hub = slowHub{m}
		}
		f := hubfaults.New(hub, faults...)
		err := runCounter(t, f, opening)
		if opening == opensLast && killed(f) {
			require.ErrorIs(t, err, hubfaults.ErrKilled)
		} else {
			require.NoError(t, err)
		}
		f.Wait()
		require.NoError(t, runCounter(t, m, opensFirst))
		require.NoError(t, m.WaitIdle(outside.ctx))
		v, _ := outside.latest("i")
		require.EqualValues(t, events, v.Generation)
		require.EqualValues(t, events, v.Watermark)
		calls = f.Calls()
	})
	return calls
}

// killed reports whether the worker has been killed.
func killed(f *hubfaults.Hub) bool {
	select {
	case <-f.Killed():
		return true
	default:
		return false
	}
}

// runCounter counts what is delivered until nothing more comes. It returns the
// error of the opening.
func runCounter(t *testing.T, h hub.Engine, opening opening) error {
	t.Helper()
	open := make(chan struct{})
	if opening == opensLast {
		close(open)
	}
	s, err := h.Open(t.Context(), 0, func(d hub.Delivery) {
		<-open
		countEvent(t.Context(), h, d)
	})
	if opening == opensFirst {
		close(open)
	}
	synctest.Wait()
	if err == nil {
		s.Stop()
	}
	return err
}

// countEvent takes in one message. After an error it leaves the message to be
// delivered again.
func countEvent(ctx context.Context, h hub.Engine, d hub.Delivery) {
	v, revision, err := h.Load(ctx, d.Instance)
	if err != nil {
		return
	}
	if v == nil {
		v = &record.InstanceRecord{Created: time.Now()}
	}
	if d.Seq > v.Watermark+1 {
		return // one before this was not counted for an error
	}
	if d.Seq > v.Watermark {
		v.Watermark, v.Generation = d.Seq, v.Generation+1
		if _, err := h.Commit(ctx, d.Instance, v, revision); err != nil {
			return
		}
	}
	if h.Send(ctx, []hub.Command{set(d.Instance, "e", int64(d.Seq), time.Now().Add(time.Hour))}) == nil {
		d.Ack()
	}
}
