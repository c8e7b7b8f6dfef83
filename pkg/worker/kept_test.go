package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// Four hundred events of 1 KiB, raised ahead of their instance, all arrive.
func TestKeptEventsAllArrive(t *testing.T) {
	t.Parallel()
	const n, size = 400, 1 << 10
	s := newHeld(t)
	for range n {
		require.NoError(t, s.client.Raise(s.ctx, "p", "Letter", strings.Repeat("x", size-2), client.WithKeepFor(time.Hour)))
	}
	s.work()
	outcome, err := s.client.RaiseWithReceipt(s.ctx, "p", "Letter", "end", client.WithKeepFor(time.Hour))
	require.NoError(t, err)
	require.Equal(t, client.Kept, outcome)
	s.start("Patient", strings.Repeat("i", s.hub.MaxPayload()-2), "p")
	s.completes("p", "408800")
}

// One too many is refused where that can be known. Otherwise it is a dead letter: no
// event that was accepted is gone without a trace.
func TestKeptEventsThatAreTooManyAreRefusedOrDeadLetters(t *testing.T) {
	t.Parallel()
	s := newHeld(t)
	stop := s.work()
	large := strings.Repeat("x", 200_000)
	kept := 0
	for {
		outcome, err := s.client.RaiseWithReceipt(s.ctx, "p", "Letter", large, client.WithKeepFor(time.Hour))
		if err != nil {
			require.ErrorIs(t, err, client.ErrKeptFull)
			break
		}
		require.Equal(t, client.Kept, outcome)
		kept++
	}
	require.Equal(t, 3, kept)
	require.ErrorIs(t, s.client.Raise(s.ctx, "p", "Letter", large, client.WithKeepFor(time.Hour)), client.ErrKeptFull)
	s.requireNoDeadLetters()

	require.NoError(t, s.client.Raise(s.ctx, "p", "Letter", large, client.WithKeepFor(time.Hour), client.WithoutLooking()))
	var dead []memhub.DeadLetter
	require.Eventually(t, func() bool {
		var err error
		dead, err = s.memory.DeadLetters(s.ctx)
		require.NoError(t, err)
		return len(dead) == 1
	}, patience, time.Millisecond)
	require.Contains(t, dead[0].Reason, client.ErrKeptFull.Error())
	s.settled("p", true)
	stop()
	s.start("Patient", "", "p")
	s.work()
	s.letter("p", "end")
	s.completes("p", "600000")
}
