package worker_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

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
			s.parked("p", "")
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
	s.parked("p", "")
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

// A part of the history is lost.
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
