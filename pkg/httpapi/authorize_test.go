package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

const fourKeys = `
boss    all-secret-1
reader  read-secret-1   read
raiser  raise+secret/1= raise
starter start-secret-1  start,read  default
other   other-secret-1  all         other`

const noKey = "a key is needed that is let in here: as parameter code, or as header x-functions-key"

func header(name, value string) map[string]string { return map[string]string{name: value} }

func TestKeys(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(fourKeys))
	r.startThree()
	needs := func(scope string) string {
		return problem(`this key is not for that: it needs the scope ` + scope + ` on hub \"default\"`)
	}
	withCode := strings.Replace(liveNow, "taskHub=default", "taskHub=default", 1)
	tryAll(t, r, []call{
		{"none", "GET", "instances/live", nil, ``, 401, problem(noKey), nil},
		{"none, of nobody", "GET", "instances/nobody", nil, ``, 401, problem(noKey), nil},
		{"none, and another hub", "GET", "instances/live?taskHub=what", nil, ``, 401, problem(noKey), nil},
		{"wrong", "GET", "instances/live?code=wrong", nil, ``, 401, problem(noKey), nil},
		{"empty", "GET", "instances/live?code=", nil, ``, 401, problem(noKey), nil},
		{"a part of one", "GET", "instances/live?code=all-secret", nil, ``, 401, problem(noKey), nil},
		{"in the query", "GET", "instances/live?code=all-secret-1", nil, ``, 202, withCode, header("Location", root+"/instances/live?taskHub=default&code=all-secret-1")},
		{"in the header", "GET", "instances/live", header("x-functions-key", "read-secret-1"), ``, 202, liveNow, nil},
		{"header right, query wrong", "GET", "instances/live?code=wrong", header("x-functions-key", "read-secret-1"), ``, 202, liveNow, nil},
		{"in other case", "GET", "instances/live?code=ALL-SECRET-1", nil, ``, 401, problem(noKey), nil},
		{"parameter in other case", "GET", "instances/live?Code=all-secret-1", nil, ``, 202, liveNow, nil},
		{"reader raises", "POST", "instances/live/raiseEvent/X?code=read-secret-1", jsonType, `1`, 403, needs("raise"), nil},
		{"reader starts", "POST", "orchestrators/Gate?code=read-secret-1", nil, ``, 403, needs("start"), nil},
		{"reader terminates", "POST", "instances/live/terminate?code=read-secret-1", nil, ``, 403, needs("all"), nil},
		{"reader purges", "DELETE", "instances/done?code=read-secret-1", nil, ``, 403, needs("all"), nil},
		{"reader purges many", "DELETE", "instances?createdTimeFrom=2020-01-01&code=read-secret-1", nil, ``, 403, needs("all"), nil},
		{"raiser raises", "POST", "instances/live/raiseEvent/X?code=raise%2Bsecret/1%3D", jsonType, `1`, 202, ``, nil},
		{"raiser raises, plus not encoded", "POST", "instances/live/raiseEvent/X?code=raise+secret/1=", jsonType, `1`, 202, ``, nil},
		{"raiser raises, as misprinted", "POST", "instances/live/raiseEvent/X&code=raise+secret/1=", jsonType, `1`, 202, ``, nil},
		{"raiser reads", "GET", "instances/live?code=raise%2Bsecret/1%3D", nil, ``, 403, needs("read"), nil},
		{"raiser listens", "GET", "instances/live/events?code=raise%2Bsecret/1%3D", nil, ``, 403, needs("read"), nil},
		{"starter suspends", "POST", "instances/live/suspend?code=start-secret-1", nil, ``, 403, needs("all"), nil},
		{"another hub's", "GET", "instances/live?code=other-secret-1", nil, ``, 403, needs("read"), nil},
		{"unknown hub", "GET", "instances/live?taskHub=what&code=all-secret-1", nil, ``, 404, problem(`the hub \"what\" is not served here`), nil},
		{"a key in an error", "GET", "instances/a%23all-secret-1?code=all-secret-1", nil, ``, 404, problem(`there is no such instance: invalid name: instance id \"a#xxxxx\" must not contain '#'`), nil},
		{"unknown route", "GET", "nothing?code=all-secret-1", nil, ``, 404, problem("there is nothing at this path; /openapi.json says what there is"), nil},
		{"boss ends it", "POST", "instances/live/terminate?code=all-secret-1", nil, ``, 202, ``, nil},
	})
	for _, secret := range []string{"all-secret-1", "read-secret-1", "raise+secret/1=", "raise%2Bsecret", "start-secret-1", "other-secret-1", "wrong"} {
		require.NotContains(t, r.log.String(), secret)
	}
	require.Contains(t, r.log.String(), "key=raiser")
}

// The links that a start is answered with work, each with the key that was presented.
func TestKeysAreInLinks(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(fourKeys))
	answer := r.send(call{method: "POST", target: "orchestrators/Gate/g?code=start-secret-1"})
	require.Equal(t, http.StatusAccepted, answer.Code)
	require.Equal(t, strings.ReplaceAll(links("g"), "taskHub=default", "taskHub=default&code=start-secret-1")+"\n", answer.Body.String())
	answer = r.send(call{method: "POST", target: "orchestrators/Gate/h", header: header("x-functions-key", "start-secret-1")})
	require.Contains(t, answer.Header().Get("Location"), "code=start-secret-1")
}

func TestManyHubs(t *testing.T) {
	t.Parallel()
	another := newFixture(t)
	another.startThree()
	r := newFixture(t, withKeys(fourKeys), func(c *httpapi.Config) {
		c.Hubs = map[string]*client.Client{"default": c.Hubs["default"], "other": another.client}
		c.Hub = "default"
	})
	tryAll(t, r, []call{
		{"default", "GET", "instances/done?code=all-secret-1", nil, ``, 404, problem(`no such instance: \"done\"`), nil},
		{"other", "GET", "instances/done?code=all-secret-1&taskHub=OTHER", nil, ``, 200, doneNow, nil},
		{"its own key", "GET", "instances/done?code=other-secret-1&taskHub=other", nil, ``, 200, doneNow, nil},
		{"the key of the default", "GET", "instances/done?code=start-secret-1&taskHub=other", nil, ``, 403, problem(`this key is not for that: it needs the scope read on hub \"other\"`), nil},
	})
}

// Without keys no web page may make the browser of a user of this computer call the API.
func TestForeignPages(t *testing.T) {
	t.Parallel()
	const foreign = `{"Message":"this was sent by a page of another site, which is not allowed here"}`
	evil := map[string]string{"Origin": "https://evil.example"}
	r := newFixture(t)
	r.startThree()
	tryAll(t, r, []call{
		{"a page", "POST", "instances/live/terminate", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, ``, 403, foreign, nil},
		{"an old browser", "POST", "instances/live/terminate", evil, ``, 403, foreign, nil},
		{"a rebound name", "GET", "instances/live", map[string]string{"Host": "evil.example"}, ``, 403, problem(`without keys only localhost and addresses are served, not the host \"evil.example\"`), nil},
		{"localhost", "GET", "instances/live", map[string]string{"Host": "LOCALHOST:1"}, ``, 202, liveNow, nil},
		{"an address", "GET", "instances/live", map[string]string{"Host": "[::1]:7071"}, ``, 202, liveNow, nil},
		{"reading shows nothing to the page", "GET", "instances/live", evil, ``, 202, liveNow, map[string]string{"Access-Control-Allow-Origin": "", "Vary": ""}},
	})
	any := newFixture(t, func(c *httpapi.Config) { c.AnyHost = true })
	any.try(call{method: "GET", target: "instances/x", header: map[string]string{"Host": "mouse.example"}, status: 404, want: problem(`no such instance: \"x\"`)})
	public := newFixture(t, func(c *httpapi.Config) { c.PublicURL = "https://mouse.example/flows/" })
	answer := public.send(call{method: "POST", target: "orchestrators/Gate/g", header: map[string]string{"Host": "mouse.example"}})
	require.Equal(t, "https://mouse.example/flows"+base+"/instances/g?taskHub=default", answer.Header().Get("Location"))
}

func TestCORS(t *testing.T) {
	t.Parallel()
	r := newFixture(t, func(c *httpapi.Config) { c.Origins = []string{"https://page.example"} })
	r.startThree()
	friend := map[string]string{"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}
	preflight := map[string]string{"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
	tryAll(t, r, []call{
		{"preflight", "OPTIONS", "instances/live/suspend", preflight, ``, 204, ``, map[string]string{
			"Access-Control-Allow-Origin": "https://page.example", "Access-Control-Allow-Methods": "OPTIONS, POST", "Vary": "Origin",
			"Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, X-Functions-Key, X-Ms-Continuation-Token, X-Request-Id, Last-Event-ID", "Access-Control-Max-Age": "600",
		}},
		{"call", "POST", "instances/live/suspend", friend, ``, 202, ``, map[string]string{
			"Access-Control-Allow-Origin": "https://page.example", "Access-Control-Expose-Headers": "Location, Retry-After, X-Ms-Continuation-Token, X-Request-Id, Idempotent-Replayed",
		}},
		{"errors too", "GET", "instances/nobody", friend, ``, 404, noNobody, map[string]string{"Access-Control-Allow-Origin": "https://page.example"}},
		{"another page", "OPTIONS", "instances/live/suspend", header("Origin", "https://evil.example"), ``, 204, ``, map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"}},
		{"another page calls", "POST", "instances/live/suspend", header("Origin", "https://evil.example"), ``, 403, problem("this was sent by a page of another site, which is not allowed here"), nil},
	})
	all := newFixture(t, func(c *httpapi.Config) { c.Origins = []string{"*"} })
	all.try(call{method: "POST", target: "orchestrators/Gate/g", header: header("Origin", "https://evil.example"), status: 202, want: links("g"),
		wantHeader: map[string]string{"Access-Control-Allow-Origin": "https://evil.example"}})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	c := client.New(nil)
	hubs := map[string]*client.Client{"a": c, "b": c}
	for name, config := range map[string]httpapi.Config{
		"no hubs":           {},
		"no default hub":    {Hubs: hubs},
		"unknown hub":       {Hubs: hubs, Hub: "x"},
		"negative limit":    {Hubs: hubs, Hub: "a", MaxBody: -1},
		"empty origin":      {Hubs: hubs, Hub: "a", Origins: []string{""}},
		"origin with path":  {Hubs: hubs, Hub: "a", Origins: []string{"https://x.example/y"}},
		"no public scheme":  {Hubs: hubs, Hub: "a", PublicURL: "x.example"},
		"public with query": {Hubs: hubs, Hub: "a", PublicURL: "https://x.example?y"},
	} {
		_, err := httpapi.New(config)
		require.Error(t, err, name)
	}
	_, err := httpapi.New(httpapi.Config{Hubs: hubs, Hub: "b", PublicURL: "https://x.example/y/"})
	require.NoError(t, err)
}

// A key that may only start instances cannot replace one that has ended, by no way of
// starting.
func TestStartScopeErasesNothing(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(fourKeys))
	r.startThree()
	taken := problem(`instance already exists: \"done\" is Completed`)
	tryAll(t, r, []call{
		{"starter", "POST", "orchestrators/Gate/done?code=start-secret-1", nil, ``, 409, taken, nil},
		{"starter, once", "POST", "orchestrators/Gate/done?code=start-secret-1", header("Idempotency-Key", "k"), ``, 409, taken, nil},
	})
	start := func(target, key string) int {
		return r.send(call{method: "POST", target: target + "?code=" + key, header: header("Idempotency-Key", "mine"), body: `"x"`}).Code
	}
	require.Equal(t, 202, start("orchestrators/Echo/new", "start-secret-1"))
	r.ends("new")
	require.Equal(t, 202, start("orchestrators/Echo/new", "start-secret-1"), "its own start, sent again")
	require.Equal(t, 202, start("orchestrators/Gate/done", "all-secret-1"))
}
