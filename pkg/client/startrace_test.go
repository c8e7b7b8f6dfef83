package client_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// The engine may come to the message of an earlier attempt after the next one was made.
func TestStartKnowsTheInstanceOfAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	for _, policy := range []client.IDReuse{client.RefuseLive, client.NeverReuse, client.TerminateLive} {
		for _, status := range []client.Status{client.Running, client.Completed} {
			t.Run(fmt.Sprint(policy, status), func(t *testing.T) {
				t.Parallel()
				h := newFakeHub("Greet")
				h.beforeClaim = func(hub.Message) {
					switch sent := h.messages(); len(sent) {
					case 1: // an event is kept for the id
						h.set("a", &record.InstanceRecord{Status: history.Expected})
					case 2: // the engine has taken the first message in
						h.set("a", &record.InstanceRecord{Status: status, Execution: sent[0].Execution})
					}
				}
				_, err := client.New(h).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"), client.WithIDReuse(policy))
				require.NoError(t, err)
				require.Len(t, h.messages(), 2, "nothing is started beside it, or in its place")
			})
		}
	}
}

// Events that are kept for the id are no rivals, however many there are.
func TestStartMeetsManyKeptEvents(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]record.InstanceRecord{
		"no instance":    {Status: history.Expected},
		"ended instance": {Status: history.Completed, Execution: "old"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newFakeHub("Greet")
				h.beforeClaim = func(hub.Message) {
					if n := len(h.messages()); n <= 100 {
						v := old
						v.Kept = make([]record.Event, n)
						h.set("a", &v)
					}
				}
				began := time.Now()
				_, err := client.New(h).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"))
				require.NoError(t, err)
				require.Equal(t, client.Pending, h.values["a"].Status)
				require.Len(t, h.values["a"].Kept, 100)
				require.Greater(t, time.Since(began), 10*time.Second, "it pauses between its attempts")
			})
		})
	}
}

// A caller that has started an instance with an event can raise another at once.
func TestStartWithEventIsThereWhenEventsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub("Greet")
		h.set("a", &record.InstanceRecord{Status: history.Expected})
		h.beforeClaim = func(hub.Message) {
			h.set("a", &record.InstanceRecord{Status: history.Expected, Kept: make([]record.Event, 7)})
		}
		c := client.New(h)
		_, err := c.StartWithEvent(t.Context(), "Greet", nil, "E", 1, client.WithInstanceID("a"))
		require.NoError(t, err)
		require.NoError(t, c.Raise(t.Context(), "a", "E", 2))
		require.Len(t, h.values["a"].Kept, 7)
		sent := h.messages()
		require.Len(t, sent, 2, "the start, once, and the event after it")
		require.Equal(t, sent[0].Execution, h.values["a"].Execution)
	})
}

// A claim for a message that is taken in already would bar the id for ever.
func TestStartWithEventDoesNotClaimForAMessageThatIsGone(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]*record.InstanceRecord{
		"ended since": {Status: history.Completed, Execution: "e", Watermark: 1},
		"kept since":  {Status: history.Expected, Watermark: 2},
		"purged":      nil,
		"live":        {Status: history.Running, Execution: "another"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFakeHub("Greet")
			h.beforeClaim = func(hub.Message) { h.set("a", gone) }
			_, err := client.New(h).StartWithEvent(t.Context(), "Greet", nil, "E", 1, client.WithInstanceID("a"))
			require.NoError(t, err)
			require.Equal(t, gone, h.values["a"])
		})
	}
}

// A purge meets events that are kept for the next instance of the id.
func TestPurgeMeetsManyKeptEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub("Greet")
		v := &record.InstanceRecord{Status: history.Completed, Execution: "e"}
		hub.set("a", v)
		changes := 0
		hub.beforePurge = func() {
			if changes++; changes <= 20 {
				hub.set("a", v)
			}
		}
		began := time.Now()
		require.NoError(t, client.New(hub).Purge(t.Context(), "a"))
		require.Greater(t, time.Since(began), time.Second, "it pauses between its attempts")

		changes = -1000
		hub.set("b", v)
		hub.beforePurge = func() { hub.set("b", v) }
		require.ErrorIs(t, client.New(hub).Purge(t.Context(), "b"), client.ErrInstanceUnsettled)
	})
}

// An instance that was put into the place of a live one may be gone before it is seen.
func TestTerminateLiveOfAnInstanceThatIsPurgedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub("Greet")
		hub.set("a", &record.InstanceRecord{Status: history.Running, Execution: "old"})
		go func() {
			for len(hub.messages()) < 2 {
				time.Sleep(time.Millisecond)
			}
			hub.set("a", nil)
		}()
		_, err := client.New(hub).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"), client.WithIDReuse(client.TerminateLive))
		require.NoError(t, err)
	})
}

// A start that was refused never starts, also when nothing is left of what it was refused
// for, and nobody has looked at its message until then.
func TestRefusedStartNeverStartsLater(t *testing.T) {
	t.Parallel()
	clock := memhub.NewManualClock(noon)
	e := newEngineOn(t, memhub.New(memhub.Config{Clock: clock}))
	revision, err := e.hub.Commit(e.ctx, "c", &record.InstanceRecord{Name: "Collect", Execution: "old", Status: history.Completed}, 0)
	require.NoError(t, err)
	_, err = e.client.Start(e.ctx, "Collect", 1, client.WithInstanceID("c"), client.WithIDReuse(client.NeverReuse))
	require.ErrorIs(t, err, client.ErrInstanceExists)
	require.NoError(t, e.hub.Purge(e.ctx, "c", revision))
	clock.Advance(10 * time.Hour) // the tombstone of an hour is gone
	e.work()
	require.NoError(t, e.hub.WaitIdle(e.ctx))
	_, err = e.client.Get(e.ctx, "c")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
	e.start("Collect", 0, "c")
	require.Equal(t, client.Completed, e.ends("c").Status)
}
