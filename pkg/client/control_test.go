package client_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func TestControl(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &history.Value{Status: history.Running})
	hub.set("done", &history.Value{Status: history.Completed})
	c := client.New(hub)

	require.NoError(t, c.Suspend(t.Context(), "a", `say "why"`))
	require.NoError(t, c.Resume(t.Context(), "a", ""))
	require.NoError(t, c.Terminate(t.Context(), "a", "enough"))
	require.ErrorIs(t, c.Terminate(t.Context(), "done", ""), client.ErrInstanceEnded)
	require.ErrorIs(t, c.Suspend(t.Context(), "nobody", ""), client.ErrInstanceNotFound)
	require.ErrorIs(t, c.Resume(t.Context(), "@", ""), client.ErrInvalidName)
	require.ErrorIs(t, c.Suspend(t.Context(), "a", strings.Repeat("x", 99)), client.ErrPayloadTooLarge)

	require.Equal(t, []history.Message{
		{Instance: "a", Verb: history.VerbSuspend, Data: []byte(`"say \"why\""`)},
		{Instance: "a", Verb: history.VerbResume},
		{Instance: "a", Verb: history.VerbTerminate, Data: []byte(`"enough"`)},
	}, hub.messages())
}

func TestPurge(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("live", &history.Value{Status: history.Suspended})
	hub.set("done", &history.Value{Status: history.Completed})
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
	hub.set("a", &history.Value{Status: history.Completed})
	hub.beforePurge = func() { hub.set("a", &history.Value{Status: history.Pending}) }
	require.ErrorIs(t, client.New(hub).Purge(t.Context(), "a"), client.ErrInstanceLive)
}

// What an ended instance decided last may not be carried out yet; its value is all
// that knows of it.
func TestPurgeWaitsUntilAnInstanceIsSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("a", &history.Value{Status: history.Completed, Watermark: 7})
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

// A claim may be all there is of a pending instance: the engine ends it only if the
// message names it.
func TestTerminateNamesAPendingExecution(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("p", &history.Value{Status: history.Pending, Execution: "e1"})
	hub.set("r", &history.Value{Status: history.Running, Execution: "e2"})
	c := client.New(hub)
	require.NoError(t, c.Terminate(t.Context(), "p", ""))
	require.NoError(t, c.Terminate(t.Context(), "r", ""))
	require.NoError(t, c.Suspend(t.Context(), "p", ""))
	messages := hub.messages()
	require.Equal(t, "e1", messages[0].Execution)
	require.Empty(t, messages[1].Execution)
	require.Empty(t, messages[2].Execution)
}
