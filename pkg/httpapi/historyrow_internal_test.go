package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Every kind of event has its row, in the words of Durable Functions where they have one.
func TestHistoryRows(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Date(2026, 1, 2, 3, 4, s, 500, time.UTC) }
	failure := &client.Failure{Type: "panic", Message: "oh", Stack: "main.go:1"}
	events := record.Public([]record.Event{
		record.Delayed("Whole", "2", at(9)).By(record.OldestWait).On(at(1)),
		{Kind: history.TaskScheduled, Time: at(1), Task: 1, Name: "A", Data: []byte(`1`)},
		record.ChildScheduled(2, "C", "child", []byte(`2`)).On(at(1)),
		record.TimerCreated(3, at(8)).On(at(1)),
		record.TimerCreated(4, at(7)).On(at(1)),
		record.EventSent(5, "E", "other", []byte(`3`)).On(at(1)),
		{Kind: history.VersionMarked, Time: at(1), Task: 6, Name: "change"},
		record.Raised("Approval", "k", []byte(`not JSON`)).On(at(2)),
		{Kind: history.TaskCompleted, Time: at(3), Task: 1, Data: []byte(`"one"`)},
		{Kind: history.TaskFailed, Time: at(3), Task: 2, Failure: failure},
		{Kind: history.TimerFired, Time: at(4), Task: 3},
		{Kind: history.TimerCancelled, Time: at(4), Task: 4},
		{Kind: history.ExecutionSuspended, Time: at(5), Data: []byte(`"tea"`)},
		{Kind: history.ExecutionResumed, Time: at(5)},
		{Kind: history.ExecutionFailed, Time: at(5)},
		{Kind: history.ExecutionRewound, Time: at(6), Data: []byte(`"mended"`)},
		record.ChildScheduled(2, "C", "child", []byte(`2`)).Repeated().On(at(6)),
		{Kind: history.TaskScheduled, Time: at(6), Task: 7, Name: "B"},
		record.ChildTerminated(2, "child", []byte(`"enough"`)).On(at(6)),
		{Kind: history.TaskCompleted, Time: at(7), Task: 2, Data: []byte(`4`)},
		{Kind: history.ContinuedAsNew, Time: at(8), Data: []byte(`5`)},
		{Kind: history.ExecutionCompleted, Time: at(8)},
		{Kind: history.ExecutionTerminated, Time: at(9), Data: []byte(`{"no":"string"}`)},
	})
	instance := &client.Instance{Input: []byte(`{"in":1}`), Output: []byte(`"out"`)}
	written := func(o statusOptions) string {
		data, err := marshal(historyRows(instance, events, o))
		require.NoError(t, err)
		return string(data)
	}
	const stamp = `"2026-01-02T03:04:0`
	const rows = `[
		{"EventType":"ExecutionStarted","FunctionName":"Whole","Timestamp":` + stamp + `1.0000005Z","ScheduledStartTime":` + stamp + `9.0000005Z","Input":{"in":1},"Version":"2"},
		{"EventType":"EventSent","Name":"E","InstanceId":"other","Timestamp":` + stamp + `1.0000005Z","Input":3},
		{"EventType":"VersionMarked","Name":"change","Timestamp":` + stamp + `1.0000005Z","Version":"6"},
		{"EventType":"EventRaised","Name":"Approval","Timestamp":` + stamp + `2.0000005Z","Input":"not JSON"},
		{"EventType":"TaskCompleted","FunctionName":"A","Timestamp":` + stamp + `3.0000005Z","ScheduledTime":` + stamp + `1.0000005Z","Input":1,"Result":"one"},
		{"EventType":"SubOrchestrationInstanceFailed","FunctionName":"C","InstanceId":"child","Timestamp":` + stamp + `3.0000005Z","ScheduledTime":` + stamp + `1.0000005Z","Input":2,"Reason":"oh","Details":"main.go:1"},
		{"EventType":"TimerFired","Timestamp":` + stamp + `4.0000005Z","ScheduledTime":` + stamp + `1.0000005Z","FireAt":` + stamp + `8.0000005Z"},
		{"EventType":"TimerCancelled","Timestamp":` + stamp + `4.0000005Z","ScheduledTime":` + stamp + `1.0000005Z","FireAt":` + stamp + `7.0000005Z"},
		{"EventType":"ExecutionSuspended","Timestamp":` + stamp + `5.0000005Z","Reason":"tea"},
		{"EventType":"ExecutionResumed","Timestamp":` + stamp + `5.0000005Z"},
		{"EventType":"ExecutionCompleted","Timestamp":` + stamp + `5.0000005Z","OrchestrationStatus":"Failed"},
		{"EventType":"ExecutionRewound","Timestamp":` + stamp + `6.0000005Z","Reason":"mended"},
		{"EventType":"TaskScheduled","Name":"B","Timestamp":` + stamp + `6.0000005Z"},
		{"EventType":"ChildTerminated","InstanceId":"child","Timestamp":` + stamp + `6.0000005Z","Reason":"enough"},
		{"EventType":"SubOrchestrationInstanceCompleted","FunctionName":"C","InstanceId":"child","Timestamp":` + stamp + `7.0000005Z","ScheduledTime":` + stamp + `6.0000005Z","Input":2,"Result":4},
		{"EventType":"ContinueAsNew","Timestamp":` + stamp + `8.0000005Z","Result":5,"OrchestrationStatus":"ContinuedAsNew"},
		{"EventType":"ExecutionCompleted","Timestamp":` + stamp + `8.0000005Z","Result":"out","OrchestrationStatus":"Completed"},
		{"EventType":"ExecutionTerminated","Timestamp":` + stamp + `9.0000005Z","Reason":"{\"no\":\"string\"}"}
	]`
	require.JSONEq(t, rows, written(statusOptions{input: true, historyOutput: true}))
	for _, hidden := range []string{`"Input"`, `"Result"`} {
		require.NotContains(t, written(statusOptions{}), hidden)
	}
	require.Equal(t, "[]", func() string {
		events = nil
		return written(statusOptions{})
	}())
}
