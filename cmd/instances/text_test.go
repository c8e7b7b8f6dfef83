package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestPrintInstance(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		instance client.Instance
		children []client.Child
		want     string
	}{
		"waiting": {
			client.Instance{
				ID: "b1", Name: "BudgetApproval", Status: client.Running,
				Created: noon.Add(-3 * time.Minute), Updated: noon.Add(-10 * time.Second),
				Input: json.RawMessage("{\n  \"amount\": 100\n}"), CustomStatus: json.RawMessage(`"asked"`),
				Waits: []client.Wait{
					{Kind: history.WaitEvent, Name: "Approval", Since: noon.Add(-10 * time.Second), Deadline: noon.Add(90 * time.Minute)},
					{Kind: history.WaitActivity, Name: "Send", Task: 2, Since: noon},
					{Kind: history.WaitTimer, Task: 3, Since: noon, Deadline: noon.Add(49 * time.Hour)},
				},
			}, nil, `
instance:       b1
orchestrator:   BudgetApproval
status:         Running
created:        2026-03-01 11:57:00Z (3m ago)
updated:        2026-03-01 11:59:50Z (10s ago)
input:          {"amount":100}
custom status:  "asked"
waiting for:    event Approval since 2026-03-01 11:59:50Z (10s ago), until 2026-03-01 13:30:00Z (in 1h 30m)
                activity Send #2 since 2026-03-01 12:00:00Z (now)
                timer #3 since 2026-03-01 12:00:00Z (now), until 2026-03-03 13:00:00Z (in 2d 1h)
`,
		},
		"one of a family": {
			client.Instance{
				ID: "b1", Name: "B", Version: "2", Status: client.Running, Created: noon, Updated: noon,
				Tags: client.Tags{"tier": "1", "team": "red"}, Parent: &client.Parent{Instance: "p", Task: 3},
				Waits: []client.Wait{{Kind: client.WaitChild, Name: "C", Task: 1, Since: noon}},
			},
			[]client.Child{{ID: "b1:x", Name: "C", Task: 1, Status: client.Running, Since: noon}}, `
instance:       b1
orchestrator:   B
version:        2
tags:           team=red
                tier=1
parent:         p #3
status:         Running
created:        2026-03-01 12:00:00Z (now)
updated:        2026-03-01 12:00:00Z (now)
waiting for:    child C #1 since 2026-03-01 12:00:00Z (now)
children:       b1:x: C #1 Running since 2026-03-01 12:00:00Z (now)
`,
		},
		"failed": {
			client.Instance{
				ID: "b1", Name: "B", Status: client.Failed, Created: noon, Updated: noon,
				Failure: &client.Failure{Type: "*fmt.wrapError", Message: "no: two\nlines", Cause: &client.Failure{Type: "E", Message: "why"}},
			}, nil, `
instance:       b1
orchestrator:   B
status:         Failed
created:        2026-03-01 12:00:00Z (now)
updated:        2026-03-01 12:00:00Z (now)
failure:        *fmt.wrapError: no: two
                lines
                caused by E: why
`,
		},
		"blocked, and an input that is not JSON": {
			client.Instance{
				ID: "b1", Name: "B", Status: client.Running, Created: noon, Updated: noon,
				Input: json.RawMessage("\x1b[31m"), Blocked: "orchestrator \"B\": not registered",
			}, nil, `
instance:       b1
orchestrator:   B
status:         Running
created:        2026-03-01 12:00:00Z (now)
updated:        2026-03-01 12:00:00Z (now)
input:          "\x1b[31m"
blocked:        orchestrator "B": not registered
`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text strings.Builder
			require.NoError(t, printInstance(&text, view{Instance: &tt.instance, children: tt.children}, noon))
			require.Equal(t, strings.TrimPrefix(tt.want, "\n"), text.String())
		})
	}
}

func TestPrintEvents(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	call := record.Call{First: 1, Attempt: 3, Timeout: time.Minute}
	require.NoError(t, printEvents(&text, record.Public([]record.Event{
		record.Delayed("B", "2", noon.Add(time.Minute)).By(record.OldestWait).On(noon),
		record.TimerCreated(1, noon.Add(time.Minute)).On(noon),
		record.Raised("Approval", "k", []byte("true")).On(noon),
		record.TaskScheduled(2, "Mail", call, []byte("1")).On(noon),
		record.ChildScheduled(3, "C", "c1", []byte("1")).On(noon),
		{Kind: history.VersionMarked, Time: noon, Task: 4, Name: "change"},
		{Kind: history.TaskFailed, Time: noon, Task: 2, Failure: &client.Failure{Type: "E", Message: "no\nway"}},
		record.ChildTerminated(3, "c1", nil).On(noon),
	})))
	require.Equal(t, strings.TrimPrefix(`
2026-03-01 12:00:00.000Z  ExecutionDelayed "B" version 2 due 2026-03-01 12:01:00.000Z
2026-03-01 12:00:00.000Z    TimerCreated #1 due 2026-03-01 12:01:00.000Z
2026-03-01 12:00:00.000Z  EventRaised "Approval" true id=k
2026-03-01 12:00:00.000Z    TaskScheduled #2 "Mail" 1 attempt 3 timeout 1m0s
2026-03-01 12:00:00.000Z    ChildScheduled #3 "C" to instance "c1" 1
2026-03-01 12:00:00.000Z    VersionMarked "change" 4
2026-03-01 12:00:00.000Z  TaskFailed #2 E: "no\nway"
2026-03-01 12:00:00.000Z    ChildTerminated #3 to instance "c1"
`, "\n"), text.String())
}

func TestPrintTable(t *testing.T) {
	t.Parallel()
	rows := []client.Summary{
		{Instance: "b1", Name: "BudgetApproval", Status: client.Running, Created: noon.Add(-time.Hour), Updated: noon},
		{Instance: "longer-id", Name: "Select", Status: client.Completed, Created: noon.Add(-26 * time.Hour), Updated: noon.Add(-time.Minute)},
	}
	var text strings.Builder
	require.NoError(t, printTable(&text, rows, noon))
	require.Equal(t, strings.TrimPrefix(`
ID         ORCHESTRATOR    STATUS     CREATED    UPDATED
b1         BudgetApproval  Running    1h ago     now
longer-id  Select          Completed  1d 2h ago  1m ago
`, "\n"), text.String())

	rows[1].Tags = client.Tags{"tier": "1", "team": "red"}
	text.Reset()
	require.NoError(t, printTable(&text, rows, noon))
	require.Equal(t, strings.TrimPrefix(`
ID         ORCHESTRATOR    STATUS     CREATED    UPDATED  TAGS
b1         BudgetApproval  Running    1h ago     now      
longer-id  Select          Completed  1d 2h ago  1m ago   team=red tier=1
`, "\n"), text.String())
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	got, err := parseTime("--created-from", "2h", noon)
	require.NoError(t, err)
	require.Equal(t, noon.Add(-2*time.Hour), got)
	got, err = parseTime("--created-from", "2026-01-02T03:04:05Z", noon)
	require.NoError(t, err)
	require.Equal(t, 2026, got.Year())
	_, err = parseTime("--created-from", "yesterday", noon)
	require.ErrorContains(t, err, "--created-from")
}

// A slip of the pen in an activity's name shows.
func TestPrintInstanceThatWaitsForAnActivityThatNobodyHas(t *testing.T) {
	t.Parallel()
	i := client.Instance{ID: "i", Status: client.Running, Waits: []client.Wait{
		{Kind: client.WaitActivity, Name: "Mail", Task: 1, Since: noon}, {Kind: client.WaitActivity, Name: "Mial", Task: 2, Since: noon},
		{Kind: client.WaitEvent, Name: "Mial", Since: noon},
	}}
	var text strings.Builder
	require.NoError(t, printInstance(&text, view{Instance: &i, unregistered: []string{"Mial"}}, noon))
	require.Equal(t, 1, strings.Count(text.String(), "no worker has registered it"))
	require.Contains(t, text.String(), "activity Mial #2 since 2026-03-01 12:00:00Z (now): no worker has registered it")
}

func TestPayloadOfWhatWaitsForAnActivityThatNobodyHas(t *testing.T) {
	t.Parallel()
	p := newFakeEngine(t)
	p.set("b1", &record.InstanceRecord{Status: history.Running, Waits: []client.Wait{
		{Kind: client.WaitActivity, Name: "Mail", Task: 1, Since: noon}, {Kind: client.WaitActivity, Name: "Mial", Task: 2, Since: noon},
	}})
	require.NoError(t, p.hub.RegisterActivities(t.Context(), []string{"Mail"}))
	to := client.New(p.hub)
	instance, err := to.Get(t.Context(), "b1")
	require.NoError(t, err)
	shown, err := readView(t.Context(), to, instance)
	require.NoError(t, err)
	waits := shown.payload().WaitingFor
	require.False(t, waits[0].Unregistered)
	require.True(t, waits[1].Unregistered)
}
