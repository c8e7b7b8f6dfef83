package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// Clients of the original read nothing but ExceptionMessage in an answer of 400.
func TestEveryBadRequestSaysWhatIsWrongWhereClientsRead(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	bad := func(name, method, target, body, headline, says string) call {
		return call{name, method, target, jsonType, body, http.StatusBadRequest, titled(headline, says), nil}
	}
	const invalid = "Invalid JSON content"
	answer := r.send(call{method: "POST", target: "orchestrators/Nope"})
	require.Equal(t, http.StatusBadRequest, answer.Code)
	require.Contains(t, answer.Body.String(), `"ExceptionMessage":"unknown orchestrator \"Nope\"`)
	tryAll(t, r, []call{
		bad("a start", "POST", "orchestrators/Gate", "{", invalid, "the body is not JSON: unexpected end of JSON input"),
		bad("a raise", "POST", "instances/live/raiseEvent/Approval", "x", invalid, "the body is not JSON: invalid character 'x' looking for beginning of value"),
		bad("a raise of nothing", "POST", "instances/live/raiseEvent/Approval", "", invalid, "the body is empty, which is not JSON: send null for no payload"),
		bad("a restart", "POST", "instances/done/restart?timeout=x", "", `timeout=\"x\": use a number of seconds, such as 10`, `timeout=\"x\": use a number of seconds, such as 10`),
	})
}

func TestStartOfAVersion(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	require.Equal(t, http.StatusAccepted, r.send(call{method: "POST", target: "orchestrators/Gate/v?version=2%2E1"}).Code)
	i, err := r.client.Get(r.ctx, "v")
	require.NoError(t, err)
	require.Equal(t, "2.1", i.Version)
	once := call{method: "POST", target: "orchestrators/Gate/w?version=3", header: header("Idempotency-Key", "k")}
	require.Equal(t, http.StatusAccepted, r.send(once).Code)
	i, err = r.client.Get(r.ctx, "w")
	require.NoError(t, err)
	require.Equal(t, "3", i.Version)
}

// A restart waits for the end as a start does.
func TestRestartWaits(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	r.try(call{method: "POST", target: "instances/done/restart?timeout=20&pollingInterval=1", status: 200, want: `"hello"`})
	r.try(call{method: "POST", target: "instances/done/restart?restartWithNewInstanceId=false&timeout=20", status: 200, want: `"hello"`})
	answer := r.send(call{method: "POST", target: "instances/failed/restart?timeout=20&returnInternalServerErrorOnFailure=true"})
	require.Equal(t, http.StatusInternalServerError, answer.Code)
	require.Contains(t, answer.Body.String(), `"runtimeStatus":"Failed"`)
	r.try(call{method: "POST", target: "instances/done/restart?timeout=1&pollingInterval=2", status: 400, want: wrong("pollingInterval must not be longer than timeout")})
	began := time.Now()
	answer = r.send(call{method: "POST", target: "instances/live/restart?timeout=0.3"})
	require.Equal(t, http.StatusAccepted, answer.Code)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
}

// The parameters of URLs stand in the order of the original, whose clients replace parts.
func TestURLsRepeatTheConnection(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys("ops all-secret-1 all"))
	const query = "connection=My+Storage&code=all-secret-1&returnInternalServerErrorOnFailure=true"
	answer := r.send(call{method: "POST", target: "orchestrators/Gate/x?" + query})
	require.Equal(t, http.StatusAccepted, answer.Code)
	const common = "?taskHub=default&connection=My+Storage&code=all-secret-1"
	require.Contains(t, answer.Body.String(), `"statusQueryGetUri":"`+root+"/instances/x"+common+`&returnInternalServerErrorOnFailure=true"`)
	require.Contains(t, answer.Body.String(), `"sendEventPostUri":"`+root+"/instances/x/raiseEvent/{eventName}"+common+`"`)
	require.Contains(t, answer.Body.String(), `"terminatePostUri":"`+root+"/instances/x/terminate?reason={text}&"+common[1:]+`"`)
	r.waits("x")
	answer = r.send(call{method: "GET", target: "instances/x?" + query})
	require.Equal(t, root+"/instances/x"+common+"&returnInternalServerErrorOnFailure=true", answer.Header().Get("Location"))
}

// A list takes times in the spellings of the original.
func TestListTakesTimesOfTheOriginal(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.start("Echo", "x", "a")
	require.Equal(t, client.Completed, r.ends("a").Status)
	for from, want := range map[string]string{"3/10/2018 10:01:00 AM": "1", "Sat, 10 Mar 2018 10:01:00 GMT": "1", "3/10/2118 10:01:00 AM": "0"} {
		answer := r.send(call{method: "GET", target: "instances?createdTimeFrom=" + url.QueryEscape(from)})
		require.Equal(t, http.StatusOK, answer.Code, from)
		require.Equal(t, want == "1", answer.Body.String() != "[]\n", from)
	}
}
