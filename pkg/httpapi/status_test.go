package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// failure is the failure of the instance failed, in JSON.
func failure(t *testing.T, r *fixture) string {
	t.Helper()
	answer := r.send(call{method: "GET", target: "instances/failed"})
	_, f, found := strings.Cut(timeless(answer.Body.String()), `"failure":`)
	require.True(t, found, answer.Body)
	return strings.TrimSuffix(f, "}\n")
}

func TestGet(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	f := failure(t, r)
	failedNow := `{"name":"Brittle","instanceId":"failed","runtimeStatus":"Failed","input":null,"customStatus":null,"output":"activity \"Break\" failed: broken","createdTime":"TIME","lastUpdatedTime":"TIME","waitingFor":[],"failure":` + f + `}`
	withHistory := func(status, rows, rest string) string {
		return strings.TrimSuffix(status, "}") + rest + `,"historyEvents":[` + rows + `],"history":[` + rows + `]}`
	}
	doneRows := `{"EventType":"ExecutionStarted","FunctionName":"Echo","Timestamp":"MOMENT","Input":"hello"},{"EventType":"ExecutionCompleted","Timestamp":"MOMENT","Result":"hello","OrchestrationStatus":"Completed"}`
	tryAll(t, r, []call{
		{"live", "GET", "instances/live", nil, ``, 202, liveNow, map[string]string{"Location": root + "/instances/live?taskHub=default", "Retry-After": "5"}},
		{"other case of the path", "GET", "Instances/live/", nil, ``, 202, liveNow, nil},
		{"done", "GET", "instances/done", nil, ``, 200, doneNow, map[string]string{"Location": "", "Retry-After": ""}},
		{"without input", "GET", "instances/done?showInput=False", nil, ``, 200, strings.Replace(doneNow, `"input":"hello"`, `"input":null`, 1), nil},
		{"with history", "GET", "instances/done?showHistory=true&showHistoryOutput=true", nil, ``, 200, withHistory(doneNow, doneRows, ""), nil},
		{"history without output", "GET", "instances/done?showHistory=true", nil, ``, 200, withHistory(doneNow, strings.Replace(doneRows, `"Result":"hello",`, "", 1), ""), nil},
		{"failed", "GET", "instances/failed", nil, ``, 200, failedNow, nil},
		{"failed, as an error", "GET", "instances/failed?returnInternalServerErrorOnFailure=true", nil, ``, 500, failedNow, nil},
		{"live, as an error", "GET", "instances/live?returnInternalServerErrorOnFailure=true", nil, ``, 202, liveNow, nil},
		{"history of a failure", "GET", "instances/failed?showHistory=1", nil, ``, 200, withHistory(failedNow,
			`{"EventType":"ExecutionStarted","FunctionName":"Brittle","Timestamp":"MOMENT"},`+
				`{"EventType":"TaskFailed","FunctionName":"Break","Timestamp":"MOMENT","ScheduledTime":"MOMENT","Input":1,"Reason":"broken"},`+
				`{"EventType":"ExecutionCompleted","Timestamp":"MOMENT","OrchestrationStatus":"Failed","Reason":"activity \"Break\" failed: broken"}`, ""), nil},
		{"nobody", "GET", "instances/nobody", nil, ``, 404, noNobody, nil},
		{"an id that cannot be", "GET", "instances/a%2Fb", nil, ``, 404, problem(`there is no such instance: invalid name: instance id \"a/b\" must not contain '/'`), nil},
		{"a flag that is none", "GET", "instances/live?showInput=maybe", nil, ``, 400, wrong(`showInput=\"maybe\": use true or false`), nil},
		{"another hub", "GET", "instances/live?taskHub=other", nil, ``, 404, problem(`the hub \"other\" is not served here`), nil},
		{"a query that is none", "GET", "instances/live?x=%zz", nil, ``, 400, wrong(`the query is not properly percent-encoded`), nil},
	})
	r.start("Whole", nil, "whole")
	r.ends("whole")
	answer := timeless(r.send(call{method: "GET", target: "instances/whole?showHistory=true&showHistoryOutput=true"}).Body.String())
	require.Contains(t, answer, `"historyEvents":[{"EventType":"ExecutionStarted","FunctionName":"Whole","Timestamp":"MOMENT"},`+
		`{"EventType":"TimerFired","Timestamp":"MOMENT","ScheduledTime":"MOMENT","FireAt":"MOMENT"},`+
		`{"EventType":"SubOrchestrationInstanceCompleted","FunctionName":"Echo","InstanceId":"part","Timestamp":"MOMENT","ScheduledTime":"MOMENT","Input":"part","Result":"part"},`+
		`{"EventType":"ExecutionCompleted","Timestamp":"MOMENT","Result":"part","OrchestrationStatus":"Completed"}],`)
}

// The status of an instance that waits for a misspelt activity says so.
func TestStatusNamesAnActivityThatNobodyHas(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.start("Typo", nil, "typo")
	waiting := `"waitingFor":[{"kind":"activity","name":"Braek","task":1,"since":"MOMENT","unregistered":true}]`
	require.Eventually(t, func() bool {
		answer := r.send(call{method: "GET", target: "instances/typo"})
		return strings.Contains(timeless(answer.Body.String()), waiting)
	}, 20*time.Second, 10*time.Millisecond)
}
