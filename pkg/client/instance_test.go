package client_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 5e8, time.UTC)

func TestGet(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &history.Value{
		Name: "Greet", Execution: "x", Status: history.Running, Created: noon, Updated: noon.Add(time.Minute),
		Input: []byte(`{"n":1}`), CustomStatus: []byte(`"half"`), Blocked: "no code",
		Waits: []history.Wait{{Kind: history.WaitEvent, Name: "Approval", Since: noon}},
		Log:   history.NewLog(history.Event{Kind: history.ExecutionStarted}),
	})
	got, err := client.New(hub).Get(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, &client.Instance{
		ID: "a", Name: "Greet", Execution: "x", Status: client.Running, Created: noon, Updated: noon.Add(time.Minute),
		Input: json.RawMessage(`{"n":1}`), CustomStatus: json.RawMessage(`"half"`), Blocked: "no code",
		Waits:  []client.Wait{{Kind: history.WaitEvent, Name: "Approval", Since: noon}},
		Events: 1,
	}, got)

	_, err = client.New(hub).Get(t.Context(), "b")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
	_, err = client.New(hub).Get(t.Context(), "b#")
	require.ErrorIs(t, err, client.ErrInvalidName)
}

func TestStatusPayload(t *testing.T) {
	t.Parallel()
	waiting := &client.Instance{
		ID: "a", Name: "Greet", Status: client.Running, Created: noon, Updated: noon,
		Waits: []client.Wait{
			{Kind: history.WaitEvent, Name: "Approval", Since: noon, Deadline: noon.Add(time.Hour)},
			{Kind: history.WaitTimer, Task: 2, Since: noon},
		},
	}
	requireJSON(t, `{
		"name": "Greet", "instanceId": "a", "runtimeStatus": "Running",
		"input": null, "customStatus": null, "output": null,
		"createdTime": "2026-03-01T12:00:00Z", "lastUpdatedTime": "2026-03-01T12:00:00Z",
		"waitingFor": [
			{"kind": "event", "name": "Approval", "since": "2026-03-01T12:00:00.5Z", "deadline": "2026-03-01T13:00:00.5Z"},
			{"kind": "timer", "task": 2, "since": "2026-03-01T12:00:00.5Z"}
		]}`, waiting.StatusPayload())

	failed := &client.Instance{
		ID: "a", Name: "Greet", Status: client.Failed, Created: noon, Updated: noon,
		Input: json.RawMessage("1"), Failure: &client.Failure{Type: "panic", Message: `"boom"`},
	}
	requireJSON(t, `{
		"name": "Greet", "instanceId": "a", "runtimeStatus": "Failed",
		"input": 1, "customStatus": null, "output": "\"boom\"",
		"createdTime": "2026-03-01T12:00:00Z", "lastUpdatedTime": "2026-03-01T12:00:00Z",
		"waitingFor": [], "failure": {"type": "panic", "message": "\"boom\""}}`, failed.StatusPayload())
}

func requireJSON(t *testing.T, want string, got any) {
	t.Helper()
	data, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, want, string(data))
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("a", &history.Value{Status: history.Pending})
		c := client.New(hub)
		started, ended := make(chan *client.Instance, 1), make(chan *client.Instance, 1)
		go func() {
			i, err := c.WaitForStart(t.Context(), "a")
			require.NoError(t, err)
			started <- i
		}()
		go func() {
			i, err := c.Wait(t.Context(), "a")
			require.NoError(t, err)
			ended <- i
		}()
		synctest.Wait()
		require.Empty(t, started)

		hub.set("a", &history.Value{Status: history.Running})
		require.Equal(t, client.Running, (<-started).Status)
		synctest.Wait()
		require.Empty(t, ended)

		hub.set("a", &history.Value{Status: history.Completed, Output: []byte("7")})
		require.Equal(t, "7", string((<-ended).Output))
	})
}

func TestWaitForNobody(t *testing.T) {
	t.Parallel()
	_, err := client.New(newFakeHub()).Wait(t.Context(), "a")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
	_, err = client.New(newFakeHub()).Wait(t.Context(), "")
	require.ErrorIs(t, err, client.ErrInvalidName)
}

func TestHistory(t *testing.T) {
	t.Parallel()
	started := history.Event{Kind: history.ExecutionStarted, Name: "Greet", Time: noon}
	raised := history.Event{Kind: history.EventRaised, Name: "E", Time: noon}
	hub := newFakeHub()
	hub.segments["s1"] = history.NewLog(started).Stored()
	hub.set("a", &history.Value{
		Status: history.Running, Segments: []history.Segment{{Key: "s1", Events: 1}}, Log: history.NewLog(raised),
	})
	events, err := client.New(hub).History(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, []client.Event{started, raised}, events)

	_, err = client.New(hub).History(t.Context(), "b")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
}

func TestHistoryOfMissingSegment(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &history.Value{Segments: []history.Segment{{Key: "gone", Events: 1}}})
	_, err := client.New(hub).History(t.Context(), "a")
	require.ErrorIs(t, err, history.ErrNotFound)
}
