package worker_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

const (
	wide   = 1_000_000
	narrow = 56 << 10
)

// registerPatient has code that takes letters until one is "end", and returns how many
// bytes they had.
func registerPatient(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Patient", func(ctx *orchestration.Context, _ string) (int, error) {
		for sum := 0; ; {
			letter, err := orchestration.Event[string]("Letter").Wait(ctx).Await()
			if err != nil || letter == "end" {
				return sum, err
			}
			sum += len(letter)
		}
	}))
}

// held is a fixture on a hub that can be harmed.
type held struct {
	*fixture
	memory *memhub.Hub
}

func newHeld(t *testing.T) held {
	t.Helper()
	m := memhub.New(memhub.Config{MaxValue: wide})
	return held{newFixture(t, m, registerPatient), m}
}

// shows waits until get shows the instance as blocked for a reason that contains why.
func (s held) shows(id, why string) *client.Instance {
	s.Helper()
	var i *client.Instance
	require.Eventually(s, func() bool {
		var err error
		i, err = s.client.Get(s.ctx, id)
		require.NoError(s, err)
		return strings.Contains(i.Blocked, why)
	}, patience, time.Millisecond, "it is not shown as blocked")
	return i
}

// settled requires that the hub hands out nothing of the instance any more.
func (s held) settled(id string, settled bool) {
	s.Helper()
	got, err := s.memory.Settled(s.ctx, id, ^uint64(0))
	require.NoError(s, err)
	require.Equal(s, settled, got)
}

func (s held) requireNoDeadLetters() {
	s.Helper()
	dead, err := s.memory.DeadLetters(s.ctx)
	require.NoError(s, err)
	require.Empty(s, dead)
}

func (s held) letter(id, text string) { s.raise(id, "Letter", `"`+text+`"`) }

// The limit of the hub was lowered under an instance whose input is larger: it is no
// fault of the instance, so it does not fail, and what was raised on it is kept.
func TestLimitLoweredUnderAnInstanceBlocksItAndKeepsItsEvents(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	stop := s.work()
	s.start("Patient", strings.Repeat("i", 200_000), "p")
	s.waits("p", "Letter")
	stop()
	s.memory.Shrink(narrow)
	stop = s.work()
	s.letter("p", "abc")
	i := s.shows("p", "too large for the hub")
	require.Equal(t, client.Running, i.Status)
	s.settled("p", false)
	s.requireNoDeadLetters()
	stop()
	s.memory.Shrink(wide)
	s.work()
	s.letter("p", "end")
	s.completes("p", "3")
}

func TestLimitLoweredUnderAnInstanceLetsItBeTerminatedPurgedAndReplaced(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	stop := s.work()
	for _, id := range []string{"terminated", "replaced"} {
		s.start("Patient", strings.Repeat("i", 200_000), id)
		s.waits(id, "Letter")
	}
	stop()
	s.memory.Shrink(narrow)
	s.work()
	for _, id := range []string{"terminated", "replaced"} {
		s.letter(id, "abc")
		s.shows(id, "too large for the hub")
	}
	require.NoError(t, s.client.Terminate(s.ctx, "terminated", "no room"))
	i := s.ends("terminated")
	require.Equal(t, client.Terminated, i.Status)
	require.JSONEq(t, `"no room"`, string(i.Output))
	_, err := s.client.Restart(s.ctx, "terminated")
	require.ErrorIs(t, err, client.ErrNotRestartable, "its input is not there any more")
	require.NoError(t, s.client.Purge(s.ctx, "terminated"))
	_, err = s.client.Start(s.ctx, "Patient", "", client.WithInstanceID("replaced"), client.WithIDReuse(client.TerminateLive))
	require.NoError(t, err)
	s.letter("replaced", "end")
	s.completes("replaced", "0")
}

// An event was accepted when the hub had more room.
func TestLimitLoweredUnderAStoredEventIsNoDeadLetter(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"no value holds it": 200_000, "larger than is accepted now": narrow / 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newHeld(t)
			stop := s.work()
			s.start("Patient", "", "p")
			s.waits("p", "Letter")
			stop()
			s.letter("p", strings.Repeat("x", size))
			s.memory.Shrink(narrow)
			stop = s.work()
			if size > narrow {
				i := s.shows("p", "too large for the hub")
				require.NotContains(t, i.Blocked, "is blocked") // who shows it says so
				s.settled("p", false)
				stop()
				s.memory.Shrink(wide)
				s.work()
			}
			s.requireNoDeadLetters()
			s.letter("p", "end")
			i := s.ends("p")
			require.Equal(t, client.Completed, i.Status, "%+v", i.Failure)
		})
	}
}

// The history that an instance has in its value is sealed, also where it takes more
// than the hub stores now.
func TestLimitLoweredUnderAHistoryIsSealedInPieces(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	stop := s.work()
	s.start("Patient", "", "p")
	s.waits("p", "Letter")
	stop()
	for range 20 {
		s.letter("p", strings.Repeat("x", 10_000))
	}
	stop = s.work()
	s.until("p", func(i *client.Instance) bool { return i.Events >= 21 })
	stop()
	s.memory.Shrink(narrow)
	s.work()
	s.letter("p", "end")
	s.completes("p", "200000")
}

// An instance that cannot be read is shown, and can be terminated and purged.
func TestUnreadableInstanceIsShownAndCanBeTerminatedAndPurged(t *testing.T) {
	t.Parallel()
	newer := []byte{0x91, 0x7f} // an array that begins with version 127
	for name, tc := range map[string]struct {
		stored []byte
		bare   bool
		why    string
		status client.Status
	}{
		"corrupt":                  {[]byte("?"), false, record.ErrCorrupt.Error(), client.Running},
		"corrupt, without headers": {[]byte("?"), true, record.ErrCorrupt.Error(), history.Unknown},
		"of a newer version":       {newer, false, record.ErrNewerVersion.Error(), client.Running},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newHeld(t)
			s.start("Patient", "", "p")
			stop := s.work()
			s.waits("p", "Letter")
			stop()
			require.NoError(t, s.memory.Damage("p", tc.stored, tc.bare))
			s.work()
			s.letter("p", "kept")
			i := s.shows("p", tc.why)
			require.Equal(t, tc.status, i.Status)
			page, err := s.client.List(s.ctx, client.Filter{})
			require.NoError(t, err)
			require.Len(t, page.Instances, 1)
			require.ErrorIs(t, s.client.Purge(s.ctx, "p"), client.ErrInstanceLive)
			_, err = s.client.History(s.ctx, "p")
			require.ErrorContains(t, err, tc.why)
			_, err = s.client.Start(s.ctx, "Patient", "", client.WithInstanceID("p"))
			require.ErrorIs(t, err, client.ErrInstanceExists)
			s.settled("p", false)

			require.NoError(t, s.client.Terminate(s.ctx, "p", "beyond repair"))
			i = s.ends("p")
			require.Equal(t, client.Terminated, i.Status)
			require.JSONEq(t, `"beyond repair"`, string(i.Output))
			require.Empty(t, i.Blocked)
			require.NoError(t, s.client.Purge(s.ctx, "p"))
		})
	}
}

func TestUnreadableInstanceCanBeReplaced(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	s.start("Patient", "", "p")
	stop := s.work()
	s.waits("p", "Letter")
	stop()
	require.NoError(t, s.memory.Damage("p", []byte("?"), false))
	s.work()
	s.letter("p", "kept")
	s.shows("p", record.ErrCorrupt.Error())
	_, err := s.client.Start(s.ctx, "Patient", "", client.WithInstanceID("p"), client.WithIDReuse(client.TerminateLive))
	require.NoError(t, err)
	s.letter("p", "end")
	s.completes("p", "0")
}

// One unreadable value among those that have ended must not keep the others from being
// purged, nor itself, nor another instance from taking its place.
func TestUnreadableInstanceThatHasEndedIsPurgedAndReplaced(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	s.work()
	for _, id := range []string{"a", "b", "c", "d"} {
		s.start("Patient", "", id)
		s.letter(id, "end")
		s.completes(id, "0")
	}
	for _, id := range []string{"a", "c", "d"} {
		require.NoError(t, s.memory.Damage(id, []byte("?"), false))
	}
	require.NoError(t, s.client.Purge(s.ctx, "c"))
	s.start("Patient", "", "d")
	s.letter("d", "end")
	s.completes("d", "0")
	n, err := s.client.PurgeWhere(s.ctx, client.Filter{})
	require.NoError(t, err)
	require.Equal(t, 3, n)
}

// A history of which a part is lost.
func TestLostSegmentBlocksVisiblyAndCanBeTerminated(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	s.start("Patient", "", "p")
	stop := s.work()
	for n := range 6 {
		s.letter("p", strings.Repeat("x", 10_000))
		s.until("p", func(i *client.Instance) bool { return i.Events >= n+2 })
	}
	stop()
	require.Positive(t, s.memory.LoseSegments("p"))
	s.work()
	s.letter("p", "abc")
	i := s.blocked("p")
	require.Contains(t, i.Blocked, "not found")
	require.Equal(t, client.Running, i.Status)
	s.settled("p", false)
	require.NoError(t, s.client.Terminate(s.ctx, "p", "no past"))
	require.Equal(t, client.Terminated, s.ends("p").Status)
	events, err := s.client.History(s.ctx, "p")
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.NoError(t, s.client.Purge(s.ctx, "p"))
}

// shrinking is a hub whose limits are lowered just before the first result of an
// activity is stored.
type shrinking struct {
	*memhub.Hub
	once sync.Once
}

func (h *shrinking) Post(ctx context.Context, m hub.Message) (uint64, error) {
	if m.Verb == hub.VerbCompleted {
		h.once.Do(func() { h.Shrink(narrow) })
	}
	return h.Hub.Post(ctx, m)
}

func TestLimitLoweredUnderAResultFailsItsActivity(t *testing.T) {
	t.Parallel()
	m := memhub.New(memhub.Config{MaxValue: wide})
	s := newFixture(t, m, func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Large", func(context.Context, int) (string, error) {
			return strings.Repeat("r", 100_000), nil
		}))
		r.Add(orchestration.Orchestrator("Asks", func(ctx *orchestration.Context, _ int) (string, error) {
			_, err := orchestration.CallActivity[string](ctx, "Large", 1).Await()
			var failed *orchestration.TaskFailedError
			if !errors.As(err, &failed) {
				return "", err
			}
			return failed.Failure.Type, nil
		}))
	})
	s.workOn(&shrinking{Hub: m})
	s.start("Asks", 1, "a")
	s.completes("a", `"ResultTooLarge"`)
}
