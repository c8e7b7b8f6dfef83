package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

const noInstance = "InstanceId does not match a valid orchestration instance."

// notFailed is the sentence of a rewind of an instance with another status.
func notFailed(status string) string {
	return `"This orchestration has status ` + status + `, but only orchestrations in the \"Failed\" state can be rewound."`
}

func TestControl(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	for _, verb := range []string{"terminate", "suspend", "resume"} {
		tryAll(t, r, []call{
			{verb + " nobody", "POST", "instances/nobody/" + verb, nil, ``, 404, noNobody, nil},
			{verb + " done", "POST", "instances/done/" + verb + "?reason=x", nil, ``, 410, doneGone, nil},
		})
	}
	tryAll(t, r, []call{
		{"rewind nobody", "POST", "instances/nobody/rewind", nil, ``, 404, `"No orchestration with instance ID \"nobody\" found."`, nil},
		{"rewind live", "POST", "instances/live/rewind", nil, ``, 412, notFailed("Running"), nil},
		{"rewind done", "POST", "instances/done/rewind", nil, ``, 412, notFailed("Completed"), nil},
		{"suspend", "POST", "instances/live/suspend?reason=a;b", nil, ``, 202, ``, nil},
	})
	status := func(id string, wanted client.Status) {
		t.Helper()
		require.Eventually(t, func() bool {
			i, err := r.client.Get(r.ctx, id)
			return err == nil && i.Status == wanted
		}, 10*time.Second, time.Millisecond)
	}
	status("live", client.Suspended)
	r.try(call{method: "POST", target: "instances/live/resume", status: 202})
	status("live", client.Running)
	r.try(call{method: "POST", target: "instances/live/terminate?reason=enough", status: 202})
	status("live", client.Terminated)
	history := timeless(r.send(call{method: "GET", target: "instances/live?showHistory=true"}).Body.String())
	require.Contains(t, history, `{"EventType":"ExecutionSuspended","Timestamp":"MOMENT","Reason":"a;b"},{"EventType":"ExecutionResumed","Timestamp":"MOMENT"},{"EventType":"ExecutionTerminated","Timestamp":"MOMENT","Reason":"enough"}]`)
	r.sound.Store(true)
	r.try(call{method: "POST", target: "instances/failed/rewind?reason=mended", status: 202})
	status("failed", client.Completed)
}

func TestRestart(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	tryAll(t, r, []call{
		{"nobody", "POST", "instances/nobody/restart", nil, ``, 400, titled(noInstance, `no such instance: \"nobody\"`), nil},
		{"an id that cannot be", "POST", "instances/@x/restart", nil, ``, 400, titled(noInstance, `invalid name: instance id \"@x\" must not begin with \"@\"`), nil},
		{"live, in its place", "POST", "instances/live/restart?restartWithNewInstanceId=false", nil, ``, 409, titled("A non-terminal instance with this instance ID already exists.", `instance has not ended: \"live\" is Running`), nil},
		{"done, in its place", "POST", "instances/done/restart?restartWithNewInstanceId=false", nil, ``, 202, links("done"), map[string]string{"Location": root + "/instances/done?taskHub=default", "Retry-After": "10"}},
		{"a flag that is none", "POST", "instances/done/restart?restartWithNewInstanceId=x", nil, ``, 400, wrong(`restartWithNewInstanceId=\"x\": use true or false`), nil},
	})
	require.JSONEq(t, `"hello"`, string(r.ends("done").Output))
	answer := r.send(call{method: "POST", target: "instances/live/restart"})
	require.Equal(t, http.StatusAccepted, answer.Code)
	id := answer.Body.String()[len(`{"id":"`):][:26]
	require.Equal(t, links(id)+"\n", answer.Body.String())
}

func TestPurge(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	nothing := problem("there is no instance that has ended and is to be removed")
	tryAll(t, r, []call{
		{"nobody", "DELETE", "instances/nobody", nil, ``, 404, noNobody, nil},
		{"live", "DELETE", "instances/live", nil, ``, 412, problem(`instance has not ended: \"live\" is Running`), nil},
		{"done", "DELETE", "instances/done", nil, ``, 200, `{"instancesDeleted":1}`, nil},
		{"done again", "DELETE", "instances/done", nil, ``, 404, problem(`no such instance: \"done\"`), nil},
		{"many, since when?", "DELETE", "instances?createdTimeTo=2020-01-01", nil, ``, 400, wrong("Please provide value for 'createdTimeFrom' parameter."), nil},
		{"many, bad time", "DELETE", "instances?createdTimeFrom=x", nil, ``, 400, wrong(`createdTimeFrom=\"x\": use a time such as TIME`), nil},
		{"many, none", "DELETE", "instances?createdTimeFrom=2020-01-01&createdTimeTo=2020-01-02T00:00:00Z", nil, ``, 404, nothing, nil},
		{"many, live", "DELETE", "instances?createdTimeFrom=2020-01-01&runtimeStatus=Running", nil, ``, 404, nothing, nil},
		{"many", "DELETE", "instances?createdTimeFrom=2020-01-01&runtimeStatus=Completed,Failed", nil, ``, 200, `{"instancesDeleted":1}`, nil},
		{"the live one is there", "GET", "instances/live", nil, ``, 202, liveNow, nil},
	})
}
