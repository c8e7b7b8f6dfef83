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
	"github.com/dormouse-dev/dormouse/pkg/client"
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

// parked starts a Patient that waits for its first letter, while no worker runs.
func (s held) parked(id, input string) {
	s.Helper()
	stop := s.work()
	s.start("Patient", input, id)
	s.waits(id, "Letter")
	stop()
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
	s.parked("p", strings.Repeat("i", 200_000))
	s.memory.Shrink(narrow)
	stop := s.work()
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
			s.parked("p", "")
			s.letter("p", strings.Repeat("x", size))
			s.memory.Shrink(narrow)
			stop := s.work()
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
	s.parked("p", "")
	for range 20 {
		s.letter("p", strings.Repeat("x", 10_000))
	}
	stop := s.work()
	s.until("p", func(i *client.Instance) bool { return i.Events >= 21 })
	stop()
	s.memory.Shrink(narrow)
	s.work()
	s.letter("p", "end")
	s.completes("p", "200000")
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
