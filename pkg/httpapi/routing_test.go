package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.cast()
	nothing := problem("there is nothing at this path; /openapi.json says what there is")
	allowed := func(methods string) map[string]string { return map[string]string{"Allow": methods} }
	tryAll(t, r, []call{
		{"root", "GET", "/", nil, ``, 404, nothing, nil},
		{"base", "GET", "", nil, ``, 404, nothing, nil},
		{"too long", "POST", "instances/a/terminate/b", nil, ``, 404, nothing, nil},
		{"unknown verb", "POST", "instances/a/kill", nil, ``, 404, nothing, nil},
		{"wrong method", "PUT", "instances/live", nil, ``, 405, problem("use DELETE, GET, HEAD, OPTIONS here"), allowed("DELETE, GET, HEAD, OPTIONS")},
		{"get a raise", "GET", "instances/live/raiseEvent/x", nil, ``, 405, problem("use POST here"), allowed("OPTIONS, POST")},
		{"options", "OPTIONS", "orchestrators/x", nil, ``, 204, ``, map[string]string{"Allow": "OPTIONS, POST", "Access-Control-Allow-Origin": ""}},
		{"options of nothing", "OPTIONS", "nothing", nil, ``, 404, nothing, nil},
		{"a slash in an id splits no path", "POST", "instances/live%2Fterminate", nil, ``, 405, problem("use DELETE, GET, HEAD, OPTIONS here"), nil},
		{"nor where another character is not encoded", "POST", "instances/é%2Fterminate", nil, ``, 405, problem("use DELETE, GET, HEAD, OPTIONS here"), nil},
		{"nor in an id that is not UTF-8", "GET", "instances/%ff%2F%fe", nil, ``, 404, problem(`there is no such instance: invalid name: instance id \"\\xff/\\xfe\" is not valid UTF-8`), nil},
		{"an id that cannot be decoded", "GET", "instances/a%252", nil, ``, 404, problem(`no such instance: \"a%2\"`), nil},
		{"plus is plus", "GET", "instances/a+b", nil, ``, 404, problem(`no such instance: \"a+b\"`), nil},
		{"an unknown parameter", "GET", "instances/live?what=ever&SHOWINPUT=TRUE", nil, ``, 202, liveNow, nil},
		{"request id", "GET", "instances/live", map[string]string{"X-Request-Id": "mine-1"}, ``, 202, liveNow, map[string]string{"X-Request-Id": "mine-1"}},
		{"another site", "POST", "instances/live/terminate", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, ``, 403, problem("this was sent by a page of another site, which is not allowed here"), nil},
		{"another name", "GET", "instances/live", map[string]string{"Host": "evil.example"}, ``, 403, problem(`without keys only localhost and addresses are served, not the host \"evil.example\"`), nil},
	})
	answer := r.send(call{method: "HEAD", target: "instances/live"})
	require.Equal(t, http.StatusAccepted, answer.Code)
}
