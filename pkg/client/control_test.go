package client_test

import (
	"strings"
	"testing"

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
