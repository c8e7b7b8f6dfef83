package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

const noEntities = `{"Message":"there are no entities here: Dormouse has orchestrations, activities and events only"}`

func TestRouting(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	nothing := problem("there is nothing at this path; /openapi.json says what there is")
	allowed := func(methods string) map[string]string { return map[string]string{"Allow": methods} }
	tryAll(t, r, []call{
		{"root", "GET", "/", nil, ``, 404, nothing, nil},
		{"base", "GET", "", nil, ``, 404, nothing, nil},
		{"too long", "POST", "instances/a/terminate/b", nil, ``, 404, nothing, nil},
		{"unknown verb", "POST", "instances/a/kill", nil, ``, 404, nothing, nil},
		{"wrong method", "PUT", "instances/live", nil, ``, 405, problem("use DELETE, GET, HEAD, OPTIONS here"), allowed("DELETE, GET, HEAD, OPTIONS")},
		{"get a raise", "GET", "instances/live/raiseEvent/x", nil, ``, 405, problem("use OPTIONS, POST here"), allowed("OPTIONS, POST")},
		{"options", "OPTIONS", "orchestrators/x", nil, ``, 204, ``, map[string]string{"Allow": "OPTIONS, POST", "Access-Control-Allow-Origin": ""}},
		{"options of a raise", "OPTIONS", "instances/live/raiseEvent/x", nil, ``, 204, ``, allowed("OPTIONS, POST")},
		{"another method on a raise", "PUT", "instances/live/raiseEvent/x", nil, ``, 405, problem("use OPTIONS, POST here"), allowed("OPTIONS, POST")},
		{"of a signed one", "OPTIONS", "instances/live/raiseEvent/x?sig=x", nil, ``, 204, ``, allowed("GET, HEAD, OPTIONS, POST")},
		{"another method on a signed one", "PUT", "instances/live/raiseEvent/x?sig=x", nil, ``, 405, problem("use GET, HEAD, OPTIONS, POST here"), allowed("GET, HEAD, OPTIONS, POST")},
		{"entities", "GET", "entities", nil, ``, 501, noEntities, nil},
		{"entities of a name", "GET", "entities/counter", nil, ``, 501, noEntities, nil},
		{"an entity", "GET", "entities/counter/mine", nil, ``, 501, noEntities, nil},
		{"a signal", "POST", "entities/counter/mine?op=add", jsonType, `1`, 501, noEntities, nil},
		{"a deletion", "DELETE", "entities/counter/mine", nil, ``, 501, noEntities, nil},
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

// A refusal that an option of the program could prevent names the option.
func TestRefusalsSayWhatHelps(t *testing.T) {
	t.Parallel()
	r := newFixture(t, func(c *httpapi.Config) {
		c.Hints = httpapi.Hints{Origin: "let it in with --origin", Host: "let it in with --host", Hub: "see --hubs"}
	})
	preflight := map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
	tryAll(t, r, []call{
		{"another site", "POST", "instances/live/terminate", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, ``, 403, problem("this was sent by a page of another site, which is not allowed here: let it in with --origin"), nil},
		{"a browser that asks first", "OPTIONS", "instances/live/terminate", preflight, ``, 403, problem("pages of another site may not call this API: let it in with --origin"), header("Access-Control-Allow-Origin", "")},
		{"another name", "GET", "instances/live", header("Host", "evil.example"), ``, 403, problem(`without keys only localhost and addresses are served, not the host \"evil.example\": let it in with --host`), nil},
		{"another hub", "GET", "instances/live?taskHub=other", nil, ``, 404, problem(`the hub \"other\" is not served here: see --hubs`), nil},
	})
	require.NotContains(t, r.log.String(), "level=ERROR")
}
