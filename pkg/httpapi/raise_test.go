package httpapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRaise(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	noType := titled("Only application/json request content is supported", "the content type must be application/json")
	tryAll(t, r, []call{
		{"nobody before all else", "POST", "instances/nobody/raiseEvent/Approval", nil, `{`, 404, noNobody, nil},
		{"ended before the type", "POST", "instances/done/raiseEvent/Approval", nil, `{`, 410, doneGone, nil},
		{"ended", "POST", "instances/done/raiseEvent/Approval", jsonType, `true`, 410, doneGone, nil},
		{"no type", "POST", "instances/live/raiseEvent/Approval", nil, `true`, 400, noType, nil},
		{"another type", "POST", "instances/live/raiseEvent/Approval", map[string]string{"Content-Type": "text/plain"}, `{`, 400, noType, nil},
		{"bad JSON", "POST", "instances/live/raiseEvent/Approval", jsonType, `yes`, 400, notJSON(`the body is not JSON: invalid character 'y' looking for beginning of value`), nil},
		{"empty", "POST", "instances/live/raiseEvent/Approval", jsonType, ` `, 400, notJSON(`the body is empty, which is not JSON: send null for no payload`), nil},
		{"bad name", "POST", "instances/live/raiseEvent/%01", jsonType, `true`, 400, wrong(`invalid name: event name \"\\x01\" must not contain '\\x01'`), nil},
		{"too large", "POST", "instances/live/raiseEvent/Approval", jsonType, `"` + strings.Repeat("x", 250_000) + `"`, 413, problem(`the body has more than 250000 bytes`), nil},
		{"odd name", "POST", "instances/live/raiseEvent/a%2Fb%26code=x?wait=20", jsonType, `1`, 200, `{"outcome":"buffered"}`, nil},
		{"idempotent", "POST", "instances/live/raiseEvent/Other?wait=20", map[string]string{"Content-Type": "Application/JSON; charset=utf-8", "Idempotency-Key": "k"}, `1`, 200, `{"outcome":"buffered"}`, nil},
		{"again", "POST", "instances/live/raiseEvent/Other?wait=20", map[string]string{"Content-Type": isJSON, "Idempotency-Key": "k"}, `1`, 200, `{"outcome":"duplicate"}`, nil},
		{"bad wait", "POST", "instances/live/raiseEvent/Other?wait=-1", jsonType, `1`, 400, wrong(`wait=\"-1\": use a number of seconds, such as 10`), nil},
		{"raised", "POST", "instances/live/raiseEvent/approval", jsonType, `true`, 202, ``, nil},
	})
	require.JSONEq(t, "true", string(r.ends("live").Output))
	events, err := r.client.History(r.ctx, "live")
	require.NoError(t, err)
	require.Equal(t, "a/b&code=x", events[1].Name)
}

// S5: both spellings, with a key, and a JSON string for a bool.
func TestRaiseAsPrinted(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{
		"as it should be":      "instances/MyInstanceId/raiseEvent/Approval?code=XXX",
		"as it is misprinted":  "instances/MyInstanceId/raiseEvent/Approval&code=XXX",
		"with all of it":       "instances/MyInstanceId/raiseEvent/Approval&taskHub=default&connection=Storage&code=XXX",
		"with a query as well": "instances/MyInstanceId/raiseEvent/Approval&taskHub=default?code=XXX",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, withKeys("ops XXX"))
			r.start("Gate", nil, "MyInstanceId")
			r.try(call{method: "POST", target: strings.ReplaceAll(target, "XXX", "YYY"), header: jsonType, body: `"true"`, status: 401, want: problem(noKey)})
			r.try(call{method: "POST", target: target, header: jsonType, body: `"true"`, status: 202})
			require.JSONEq(t, "true", string(r.ends("MyInstanceId").Output))
			require.NotContains(t, r.log.String(), "XXX")
		})
	}
}
