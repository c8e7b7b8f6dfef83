package client_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 5e8, time.UTC)

func TestGet(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{
		Name: "Greet", Execution: "x", Status: history.Running, Created: noon, Updated: noon.Add(time.Minute),
		Version: "2", Tags: history.Tags{"k": "v"}, Parent: &record.Parent{Instance: "p", Execution: "y", Task: 3},
		Input: []byte(`{"n":1}`), CustomStatus: []byte(`"half"`), Blocked: "no code",
		Waits: []history.Wait{{Kind: history.WaitEvent, Name: "Approval", Since: noon}},
		Log:   record.NewLog(record.Event{Kind: history.ExecutionStarted}),
	})
	got, err := client.New(hub).Get(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, &client.Instance{
		ID: "a", Name: "Greet", Execution: "x", Status: client.Running, Created: noon, Updated: noon.Add(time.Minute),
		Version: "2", Tags: client.Tags{"k": "v"}, Parent: &client.Parent{Instance: "p", Execution: "y", Task: 3},
		Input: json.RawMessage(`{"n":1}`), CustomStatus: json.RawMessage(`"half"`), Blocked: "no code",
		Waits:  []client.Wait{{Kind: history.WaitEvent, Name: "Approval", Since: noon}},
		Events: 1,
	}, got)

	_, err = client.New(hub).Get(t.Context(), "b")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
	_, err = client.New(hub).Get(t.Context(), "b#")
	require.ErrorIs(t, err, client.ErrInvalidName)
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("a", &record.InstanceRecord{Status: history.Pending})
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

		hub.set("a", &record.InstanceRecord{Status: history.Running})
		require.Equal(t, client.Running, (<-started).Status)
		synctest.Wait()
		require.Empty(t, ended)

		hub.set("a", &record.InstanceRecord{Status: history.Completed, Output: []byte("7")})
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
	started := record.Event{Kind: history.ExecutionStarted, Name: "Greet", Time: noon}
	raised := record.Event{Kind: history.EventRaised, Name: "E", Time: noon}
	hub := newFakeHub()
	hub.segments["s1"] = record.NewLog(started).Stored()
	hub.set("a", &record.InstanceRecord{
		Status: history.Running, Segments: []record.Segment{{Key: "s1", Events: 1}}, Log: record.NewLog(raised),
	})
	events, err := client.New(hub).History(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, record.Public([]record.Event{started, raised}), events)

	_, err = client.New(hub).History(t.Context(), "b")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
}

func TestHistoryOfMissingSegment(t *testing.T) {
	t.Parallel()
	h := newFakeHub()
	h.set("a", &record.InstanceRecord{Segments: []record.Segment{{Key: "gone", Events: 1}}})
	_, err := client.New(h).History(t.Context(), "a")
	require.ErrorIs(t, err, hub.ErrNotFound)
}

func TestChildren(t *testing.T) {
	t.Parallel()
	child := func(task int64, id string) record.Event {
		return record.ChildScheduled(task, "Part", id, nil).On(noon)
	}
	hub := newFakeHub()
	hub.set("p", &record.InstanceRecord{Status: history.Running, Log: record.NewLog(
		record.Event{Kind: history.ExecutionStarted, Name: "Whole", Time: noon},
		child(1, "c1"), child(2, "c2"), child(3, "c3"),
		record.Event{Kind: history.TaskScheduled, Time: noon, Task: 4, Name: "Mail"}, child(5, "c5"),
		record.Event{Kind: history.TaskCompleted, Time: noon, Task: 4},
		record.Event{Kind: history.TaskCompleted, Time: noon, Task: 2},
		record.Event{Kind: history.TaskFailed, Time: noon, Task: 1, Failure: &history.Failure{}},
		record.ChildTerminated(3, "c3", nil).On(noon),
		record.ChildScheduled(1, "", "c1", nil).Repeated().On(noon),
	)})
	events, err := client.New(hub).History(t.Context(), "p")
	require.NoError(t, err)
	got := history.Children(events)
	want := []client.Child{
		{ID: "c1", Name: "Part", Task: 1, Status: client.Running},
		{ID: "c2", Name: "Part", Task: 2, Status: client.Completed},
		{ID: "c3", Name: "Part", Task: 3, Status: client.Terminated},
		{ID: "c5", Name: "Part", Task: 5, Status: client.Running},
	}
	for i := range want {
		want[i].Since = noon
	}
	require.Equal(t, want, got)
}

func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("a", &record.InstanceRecord{Status: history.Pending})
		seen := make(chan client.Status, 9)
		go func() {
			defer close(seen)
			for i, err := range client.New(hub).Watch(t.Context(), "a") {
				require.NoError(t, err)
				seen <- i.Status
			}
		}()
		for _, status := range []client.Status{client.Pending, client.Running, client.Completed} {
			hub.set("a", &record.InstanceRecord{Status: status})
			synctest.Wait()
		}
		var all []client.Status
		for status := range seen {
			all = append(all, status)
		}
		require.Equal(t, client.Completed, all[len(all)-1])
		require.Contains(t, all, client.Running)
	})
}

func TestWatchOfNobody(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]error{"nobody": client.ErrInstanceNotFound, "#": client.ErrInvalidName} {
		n := 0
		for _, err := range client.New(newFakeHub()).Watch(t.Context(), id) {
			require.ErrorIs(t, err, want)
			n++
		}
		require.Equal(t, 1, n)
	}
}

func TestWatchStopsEarly(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{Status: history.Running})
	for _, err := range client.New(hub).Watch(t.Context(), "a") {
		require.NoError(t, err)
		break
	}
}
