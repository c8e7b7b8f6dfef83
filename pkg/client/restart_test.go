package client_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func endedGreeting() *record.InstanceRecord {
	return &record.InstanceRecord{
		Name: "Greet", Status: history.Failed, Execution: "e", Input: []byte(`{"n":1}`), Version: "2",
		Tags: history.Tags{"k": "v"}, Watermark: 5, Kept: []record.Event{{Name: "Early"}},
		Parent: &record.Parent{Instance: "p"},
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	h.set("a", endedGreeting())
	id, err := client.New(h).Restart(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "a", id)
	require.Len(t, h.messages(), 1)
	m, claim := h.messages()[0], h.values["a"]
	require.Equal(t, hub.Message{
		Instance: "a", Verb: hub.VerbStart, Arg: "Greet", Data: []byte(`{"n":1}`), Version: "2",
		Tags: history.Tags{"k": "v"}, Execution: m.Execution, Replaces: 1,
	}, m)
	require.NotEqual(t, "e", m.Execution)
	require.Equal(t, history.Pending, claim.Status)
	require.Equal(t, m.Execution, claim.Execution)
	require.EqualValues(t, 5, claim.Watermark)
	require.Len(t, claim.Kept, 1)
	require.Nil(t, claim.Parent)
}

func TestRestartUnderANewID(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet")
	live := endedGreeting()
	live.Status = history.Running
	hub.set("a", live)
	c := client.New(hub)
	id, err := c.Restart(t.Context(), "a", client.WithNewID(""))
	require.NoError(t, err)
	require.NotEqual(t, "a", id)
	require.Equal(t, []byte(`{"n":1}`), hub.values[id].Input)
	require.Equal(t, live, hub.values["a"], "the old one stays as it is")

	id, err = c.Restart(t.Context(), "a", client.WithNewID("b"))
	require.NoError(t, err)
	require.Equal(t, "b", id)
	_, err = c.Restart(t.Context(), "a", client.WithNewID("b"))
	require.ErrorIs(t, err, client.ErrInstanceExists)
	_, err = c.Restart(t.Context(), "a", client.WithNewID("#"))
	require.ErrorIs(t, err, client.ErrInvalidName)
}

func TestRestartRefuses(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet")
	live := endedGreeting()
	live.Status = history.Pending
	hub.set("live", live)
	stranger := endedGreeting()
	stranger.Name = "Stranger"
	hub.set("stranger", stranger)
	c := client.New(hub)
	for id, want := range map[string]error{
		"live": client.ErrInstanceLive, "nobody": client.ErrInstanceNotFound,
		"": client.ErrInvalidName, "stranger": client.ErrUnknownOrchestrator,
	} {
		_, err := c.Restart(t.Context(), id)
		require.ErrorIs(t, err, want, id)
	}
	_, err := c.Restart(t.Context(), "live", client.WithNewID("live"))
	require.ErrorIs(t, err, client.ErrInstanceLive)
	require.Empty(t, hub.messages())
}

func TestRestartHasOneWinner(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	h.set("a", endedGreeting())
	h.beforeClaim = func(hub.Message) {
		h.set("a", &record.InstanceRecord{Status: history.Pending, Execution: "another"})
	}
	_, err := client.New(h).Restart(t.Context(), "a")
	require.ErrorIs(t, err, client.ErrInstanceLive)
}
