package jsonview_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 500_000_000, time.UTC)

func TestStatus(t *testing.T) {
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
		]}`, jsonview.NewStatus(waiting))

	family := &client.Instance{
		ID: "a", Name: "Greet", Status: client.Running, Created: noon, Updated: noon,
		Version: "2", Tags: client.Tags{"k": "v"}, Parent: &client.Parent{Instance: "p", Execution: "y", Task: 3},
		Waits: []client.Wait{{Kind: client.WaitChild, Name: "Part", Task: 1, Since: noon}},
	}
	payload := jsonview.NewStatus(family)
	payload.Children = jsonview.NewChildren([]client.Child{{ID: "c", Name: "Part", Task: 1, Status: client.Running, Since: noon}})
	requireJSON(t, `{
		"name": "Greet", "instanceId": "a", "runtimeStatus": "Running",
		"input": null, "customStatus": null, "output": null,
		"createdTime": "2026-03-01T12:00:00Z", "lastUpdatedTime": "2026-03-01T12:00:00Z",
		"waitingFor": [{"kind": "child", "name": "Part", "task": 1, "since": "2026-03-01T12:00:00.5Z"}],
		"version": "2", "tags": {"k": "v"}, "parent": {"instanceId": "p", "task": 3},
		"children": [{"instanceId": "c", "name": "Part", "task": 1, "runtimeStatus": "Running", "since": "2026-03-01T12:00:00.5Z"}]
		}`, payload)

	failed := &client.Instance{
		ID: "a", Name: "Greet", Status: client.Failed, Created: noon, Updated: noon,
		Input: json.RawMessage("1"), Failure: &client.Failure{Type: "panic", Message: `"boom"`},
	}
	requireJSON(t, `{
		"name": "Greet", "instanceId": "a", "runtimeStatus": "Failed",
		"input": 1, "customStatus": null, "output": "\"boom\"",
		"createdTime": "2026-03-01T12:00:00Z", "lastUpdatedTime": "2026-03-01T12:00:00Z",
		"waitingFor": [], "failure": {"type": "panic", "message": "\"boom\""}}`, jsonview.NewStatus(failed))
}

func requireJSON(t *testing.T, want string, got any) {
	t.Helper()
	data, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, want, string(data))
}

func TestEvents(t *testing.T) {
	t.Parallel()
	call := record.Call{First: 2, Attempt: 3, Timeout: time.Minute}
	requireJSON(t, `[
		{"eventType": "ExecutionDelayed", "timestamp": "2026-03-01T12:00:00.5Z", "name": "Greet", "version": "2", "fireAt": "2026-03-01T13:00:00.5Z"},
		{"eventType": "TaskScheduled", "timestamp": "2026-03-01T12:00:00.5Z", "task": 5, "name": "Mail", "firstTask": 2, "attempt": 3, "timeout": "1m0s", "data": 1},
		{"eventType": "ChildScheduled", "timestamp": "2026-03-01T12:00:00.5Z", "task": 6, "name": "Part", "instance": "c"},
		{"eventType": "VersionMarked", "timestamp": "2026-03-01T12:00:00.5Z", "name": "change", "version": "4"},
		{"eventType": "EventRaised", "timestamp": "2026-03-01T12:00:00.5Z", "name": "Approval", "id": "k", "data": "no JSON"}
	]`, jsonview.NewEvents(record.Public([]record.Event{
		record.Delayed("Greet", "2", noon.Add(time.Hour)).By(record.OldestWait).On(noon),
		record.TaskScheduled(5, "Mail", call, []byte("1")).On(noon),
		record.ChildScheduled(6, "Part", "c", nil).On(noon),
		{Kind: history.VersionMarked, Time: noon, Task: 4, Name: "change"},
		record.Raised("Approval", "k", []byte("no JSON")).On(noon),
	})))
}
