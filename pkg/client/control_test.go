package client_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestControl(t *testing.T) {
	t.Parallel()
	h := newFakeHub()
	h.set("a", &record.InstanceRecord{Status: history.Running})
	h.set("done", &record.InstanceRecord{Status: history.Completed})
	c := client.New(h)

	require.NoError(t, c.Suspend(t.Context(), "a", `say "why"`))
	require.NoError(t, c.Resume(t.Context(), "a", ""))
	require.NoError(t, c.Terminate(t.Context(), "a", "enough"))
	require.ErrorIs(t, c.Terminate(t.Context(), "done", ""), client.ErrInstanceEnded)
	require.ErrorIs(t, c.Suspend(t.Context(), "nobody", ""), client.ErrInstanceNotFound)
	require.ErrorIs(t, c.Resume(t.Context(), "@", ""), client.ErrInvalidName)
	require.ErrorIs(t, c.Suspend(t.Context(), "a", strings.Repeat("x", 99)), client.ErrPayloadTooLarge)

	require.Equal(t, []hub.Message{
		{Instance: "a", Verb: hub.VerbSuspend, Data: []byte(`"say \"why\""`)},
		{Instance: "a", Verb: hub.VerbResume},
		{Instance: "a", Verb: hub.VerbTerminate, Data: []byte(`"enough"`)},
	}, h.messages())
}

func TestPurge(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("live", &record.InstanceRecord{Status: history.Suspended})
	hub.set("done", &record.InstanceRecord{Status: history.Completed})
	c := client.New(hub)
	require.ErrorIs(t, c.Purge(t.Context(), "live"), client.ErrInstanceLive)
	require.ErrorIs(t, c.Purge(t.Context(), "nobody"), client.ErrInstanceNotFound)
	require.ErrorIs(t, c.Purge(t.Context(), ""), client.ErrInvalidName)
	require.NoError(t, c.Purge(t.Context(), "done"))
	require.ErrorIs(t, c.Purge(t.Context(), "done"), client.ErrInstanceNotFound)
}

func TestPurgeSparesWhatWasStartedAgain(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{Status: history.Completed})
	hub.beforePurge = func() { hub.set("a", &record.InstanceRecord{Status: history.Pending}) }
	require.ErrorIs(t, client.New(hub).Purge(t.Context(), "a"), client.ErrInstanceLive)
}

// The last decisions of an ended instance may not be carried out yet, and its record is all
// that knows of them.
func TestPurgeWaitsUntilAnInstanceIsSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("a", &record.InstanceRecord{Status: history.Completed, Watermark: 7})
		hub.unsettled = 1 << 30
		require.ErrorIs(t, client.New(hub).Purge(t.Context(), "a"), client.ErrInstanceUnsettled)
		require.Equal(t, history.Completed, hub.values["a"].Status)

		hub.unsettled = 3
		require.NoError(t, client.New(hub).Purge(t.Context(), "a"))
		require.Negative(t, hub.unsettled)
	})
}

func TestPurgeOfAPurgedInstanceRemovesWhatWasLeft(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", nil)
	purged := 0
	hub.beforePurge = func() { purged++ }
	require.ErrorIs(t, client.New(hub).Purge(t.Context(), "a"), client.ErrInstanceNotFound)
	require.Equal(t, 1, purged)
}

func TestTerminateSparesChildrenIfAsked(t *testing.T) {
	t.Parallel()
	h := newFakeHub()
	h.set("a", &record.InstanceRecord{Status: history.Running})
	require.NoError(t, client.New(h).Terminate(t.Context(), "a", "", client.KeepChildren()))
	require.Equal(t, []hub.Message{{Instance: "a", Verb: hub.VerbTerminate, KeepChildren: true}}, h.messages())
}

func TestRewind(t *testing.T) {
	t.Parallel()
	h := newFakeHub()
	h.set("failed", &record.InstanceRecord{Status: history.Failed, Execution: "e-2"})
	h.set("again", &record.InstanceRecord{Status: history.Failed, Execution: "f"})
	h.stale["again"] = &record.InstanceRecord{Status: history.Running, Execution: "f"}
	h.set("completed", &record.InstanceRecord{Status: history.Completed})
	h.set("live", &record.InstanceRecord{Status: history.Running})
	c := client.New(h)
	require.NoError(t, c.Rewind(t.Context(), "failed", "mended"))
	require.NoError(t, c.Rewind(t.Context(), "again", ""))
	require.ErrorIs(t, c.Rewind(t.Context(), "completed", ""), client.ErrInstanceNotFailed)
	require.ErrorIs(t, c.Rewind(t.Context(), "live", ""), client.ErrInstanceNotFailed)
	require.ErrorIs(t, c.Rewind(t.Context(), "nobody", ""), client.ErrInstanceNotFound)
	require.Equal(t, []hub.Message{
		{Instance: "failed", Verb: hub.VerbRewind, Execution: "e-2", Data: []byte(`"mended"`)},
		{Instance: "again", Verb: hub.VerbRewind, Execution: "f"},
	}, h.messages())
}

// Events that are kept for an instance do not make it one.
func TestWhatIsExpectedIsNotFound(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{Status: history.Expected, Kept: []record.Event{{Kind: history.EventRaised}}})
	c, ctx := client.New(hub), t.Context()
	for name, call := range map[string]func() error{
		"get":       func() error { _, err := c.Get(ctx, "a"); return err },
		"history":   func() error { _, err := c.History(ctx, "a"); return err },
		"wait":      func() error { _, err := c.Wait(ctx, "a"); return err },
		"raise":     func() error { return c.Raise(ctx, "a", "E", nil) },
		"terminate": func() error { return c.Terminate(ctx, "a", "") },
		"suspend":   func() error { return c.Suspend(ctx, "a", "") },
		"resume":    func() error { return c.Resume(ctx, "a", "") },
		"rewind":    func() error { return c.Rewind(ctx, "a", "") },
		"restart":   func() error { _, err := c.Restart(ctx, "a"); return err },
		"purge":     func() error { return c.Purge(ctx, "a") },
	} {
		require.ErrorIs(t, call(), client.ErrInstanceNotFound, name)
	}
	page, err := c.List(ctx, client.Filter{})
	require.NoError(t, err)
	require.Empty(t, page.Instances)
	require.Empty(t, hub.messages())
	require.NotNil(t, hub.values["a"], "what is kept stays")
}

func TestRetention(t *testing.T) {
	t.Parallel()
	c := client.New(newFakeHub())
	require.NoError(t, c.Settings().SetRetention(t.Context(), time.Hour))
	d, err := c.Settings().Retention(t.Context())
	require.NoError(t, err)
	require.Equal(t, time.Hour, d)
	require.ErrorIs(t, c.Settings().SetRetention(t.Context(), -1), client.ErrInvalidOption)
}

// A claim may be all there is of a pending instance: the engine ends it only if the
// message names it.
func TestTerminateNamesAPendingExecution(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("p", &record.InstanceRecord{Status: history.Pending, Execution: "e1"})
	hub.set("r", &record.InstanceRecord{Status: history.Running, Execution: "e2"})
	c := client.New(hub)
	require.NoError(t, c.Terminate(t.Context(), "p", ""))
	require.NoError(t, c.Terminate(t.Context(), "r", ""))
	require.NoError(t, c.Suspend(t.Context(), "p", ""))
	messages := hub.messages()
	require.Equal(t, "e1", messages[0].Execution)
	require.Empty(t, messages[1].Execution)
	require.Empty(t, messages[2].Execution)
}
