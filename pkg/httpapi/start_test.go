package httpapi_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStart(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	known := "this hub knows Brittle, Count, Echo, Gate, Patient, Typo, Whole"
	tryAll(t, r, []call{
		{"with an id", "POST", "orchestrators/Gate/g1", nil, ``, 202, links("g1"), map[string]string{"Location": root + "/instances/g1?taskHub=default", "Retry-After": "10"}},
		{"a live id", "POST", "orchestrators/Gate/live", nil, ``, 409, problem(`instance already exists: \"live\" is Running`), map[string]string{"Location": "", "Retry-After": ""}},
		{"an ended id", "POST", "orchestrators/Gate/done", nil, `{}`, 202, links("done"), nil},
		{"bad JSON before a live id", "POST", "orchestrators/Gate/live", nil, `{`, 400, notJSON(`the body is not JSON: unexpected end of JSON input`), nil},
		{"unknown name", "POST", "orchestrators/Nope/x", nil, ``, 400, wrong(`unknown orchestrator \"Nope\": ` + known), nil},
		{"bad id", "POST", "orchestrators/Gate/@x", nil, ``, 400, wrong(`invalid name: instance id \"@x\" must not begin with \"@\"`), nil},
		{"an id with a slash", "POST", "orchestrators/Gate/a%2Fb", nil, ``, 400, wrong(`invalid name: instance id \"a/b\" must not contain '/'`), nil},
		{"an id with odd characters", "POST", "orchestrators/Gate/a%20b%25é&=+%3B", nil, ``, 202, strings.ReplaceAll(links("a%20b%25%C3%A9&=+%3B"), `"id":"a%20b%25%C3%A9&=+%3B"`, `"id":"a b%é&=+;"`), nil},
		{"and wait", "POST", "orchestrators/Echo/e1?timeout=20&pollingInterval=1", nil, `"x"`, 200, `"x"`, nil},
		{"and wait in vain", "POST", "orchestrators/Gate/g2?timeout=0.01", nil, ``, 202, links("g2"), nil},
		{"and wait for a failure", "POST", "orchestrators/Brittle/b1?timeout=20&returnInternalServerErrorOnFailure=true", nil, ``, 500,
			`{"name":"Brittle","instanceId":"b1","runtimeStatus":"Failed","input":null,"customStatus":null,"output":"activity \"Break\" failed: broken","createdTime":"TIME","lastUpdatedTime":"TIME","waitingFor":[],"failure":` + failure(t, r) + `}`, nil},
		{"a polling interval that is too long", "POST", "orchestrators/Echo/e2?timeout=1&pollingInterval=2", nil, ``, 400, wrong(`pollingInterval must not be longer than timeout`), nil},
		{"a timeout that is none", "POST", "orchestrators/Echo/e2?timeout=soon", nil, ``, 400, wrong(`timeout=\"soon\": use a number of seconds, such as 10`), nil},
		{"too large", "POST", "orchestrators/Echo/e2", nil, `"` + strings.Repeat("x", 250_000) + `"`, 413, problem(`the body has more than 250000 bytes`), nil},
		{"too deep", "POST", "orchestrators/Echo/e2", nil, strings.Repeat("[", 1001) + strings.Repeat("]", 1001), 400, notJSON(`the body is nested deeper than 1000 levels`), nil},
		{"once", "POST", "orchestrators/Gate", map[string]string{"Idempotency-Key": "k"}, `{}`, 202, links("idem-hp4crmrwmjzhj5cgsadasrm27l"), map[string]string{"Idempotent-Replayed": ""}},
		{"once again", "POST", "orchestrators/Gate", map[string]string{"Idempotency-Key": "k"}, `{}`, 202, links("idem-hp4crmrwmjzhj5cgsadasrm27l"), map[string]string{"Idempotent-Replayed": "true"}},
		{"once, other input", "POST", "orchestrators/Gate", map[string]string{"Idempotency-Key": "k"}, `[]`, 422, problem(`this Idempotency-Key was used before, for something else`), nil},
		{"once, an id of somebody else", "POST", "orchestrators/Gate/live", map[string]string{"Idempotency-Key": "k"}, ``, 409, problem(`instance already exists: \"live\" is Running`), nil},
		{"once, over an ended one", "POST", "orchestrators/Echo/failed", map[string]string{"Idempotency-Key": "k"}, `"y"`, 202, links("failed"), nil},
		{"once, with an id, again", "POST", "orchestrators/Echo/failed?timeout=20", map[string]string{"Idempotency-Key": "k"}, `"y"`, 200, `"y"`, map[string]string{"Idempotent-Replayed": "true"}},
	})
	answer := r.send(call{method: "POST", target: "orchestrators/Echo/?taskhub=DEFAULT&connection=Storage", body: `"z"`})
	require.Equal(t, http.StatusAccepted, answer.Code)
	id := answer.Body.String()[len(`{"id":"`):][:26]
	require.Equal(t, strings.ReplaceAll(links(id), "taskHub=default", "taskHub=default&connection=Storage")+"\n", answer.Body.String())
	require.JSONEq(t, `"z"`, string(r.ends(id).Output))
}

// Many requests have one key: one starts an instance, and all are told of it.
func TestStartOnce(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	for _, target := range []string{"orchestrators/Gate", "orchestrators/Gate/mine", "orchestrators/Gate/done"} {
		var group sync.WaitGroup
		var first, again atomic.Int64
		for range 20 {
			group.Go(func() {
				answer := r.send(call{method: "POST", target: target, header: header("Idempotency-Key", target), body: "1"})
				require.Equal(t, http.StatusAccepted, answer.Code, answer.Body)
				if answer.Header().Get("Idempotent-Replayed") == "true" {
					again.Add(1)
				} else {
					first.Add(1)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, first.Load(), target)
		require.EqualValues(t, 19, again.Load(), target)
	}
	for key, status := range map[string]int{strings.Repeat("k", 513): 400, "a\x01b": 400, strings.Repeat("k", 512): 202, "  k  ": 202, " ": 202} {
		require.Equal(t, status, r.send(call{method: "POST", target: "orchestrators/Gate", header: header("Idempotency-Key", key)}).Code, key)
	}
}
