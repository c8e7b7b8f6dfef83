package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

const signingKeys = `
signer  a-long-enough-secret raise
reader  another-long-secret! read
`

// sign returns the target of a URL that raises Approval on the instance live.
func (r *rig) sign(change func(*access.Grant)) string {
	r.Helper()
	keys, err := access.ParseKeys(signingKeys)
	require.NoError(r, err)
	g := access.Grant{Hub: "default", Instance: "live", Event: "Approval", Until: time.Now().Add(time.Hour)}
	if change != nil {
		change(&g)
	}
	link, err := keys.Sign("http://"+host, "signer", g)
	require.NoError(r, err)
	return strings.TrimPrefix(link, "http://"+host)
}

var (
	asPerson = map[string]string{"Accept": "text/html,*/*;q=0.8"}
	asForm   = map[string]string{"Accept": "text/html,*/*;q=0.8", "Content-Type": "application/x-www-form-urlencoded"}
)

// page requires a page that says so.
func (r *rig) page(c call, says string) string {
	r.Helper()
	answer := r.send(c)
	require.Equal(r, c.status, answer.Code, answer.Body)
	h := answer.Header()
	require.Equal(r, "text/html; charset=utf-8", h.Get("Content-Type"))
	require.Equal(r, "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", h.Get("Content-Security-Policy"))
	require.Equal(r, "no-referrer", h.Get("Referrer-Policy"))
	require.Equal(r, "no-store", h.Get("Cache-Control"))
	require.Contains(r, answer.Body.String(), says)
	return answer.Body.String()
}

// A person gets a page with a button; whoever only looks at it changes nothing.
func TestLinkOfAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, withKeys(signingKeys))
	r.cast()
	link := r.sign(func(g *access.Grant) { g.Payload, g.Once = json.RawMessage("true"), true })
	for range 3 {
		shown := r.page(call{method: "GET", target: link, status: 200}, `Send <b>Approval</b> with <code>true</code> to <b>live</b>?`)
		require.Contains(t, shown, `<form method="post">`)
		require.NotContains(t, shown, `name="payload"`)
	}
	require.Equal(t, http.StatusOK, r.send(call{method: "HEAD", target: link}).Code)
	i, err := r.client.Get(r.ctx, "live")
	require.NoError(t, err)
	require.Equal(t, 1, i.Events, "nothing was raised")
	r.page(call{method: "POST", target: link, header: asForm, status: 202}, `Done: <b>Approval</b> was sent to <b>live</b>.`)
	require.JSONEq(t, "true", string(r.ends("live").Output))
	r.page(call{method: "GET", target: link, status: 410}, `There is nothing to be done here any more.`)
	r.page(call{method: "POST", target: link, header: asForm, status: 410}, `There is nothing to be done here any more.`)
	require.NotContains(t, r.log.String(), "a-long-enough-secret")
	require.NotContains(t, r.log.String(), "sig=")
	require.Contains(t, r.log.String(), "key=signer")
}

// A program posts directly.
func TestLinkOfAProgram(t *testing.T) {
	t.Parallel()
	r := newRig(t, withKeys(signingKeys))
	r.cast()
	other := func(g *access.Grant) { g.Event = "Other" }
	open := r.sign(other)
	ours := titled("Only application/json request content is supported", "the content type must be application/json")
	tryAll(t, r, []call{
		{"with its own payload", "POST", open, jsonType, `{"a":1}`, 202, ``, nil},
		{"which must be JSON", "POST", open, jsonType, `{`, 400, notJSON("the body is not JSON: unexpected end of JSON input"), nil},
		{"and say so", "POST", open, nil, `1`, 400, ours, nil},
		{"with a signed payload", "POST", r.sign(func(g *access.Grant) { other(g); g.Payload = json.RawMessage(`"signed"`) }), jsonType, `"mine"`, 202, ``, nil},
		{"not for another event", "POST", strings.Replace(open, "/Other?", "/Approval?", 1), jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"not for another instance", "POST", strings.Replace(open, "/live/", "/done/", 1), jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"not for another hub", "POST", strings.Replace(open, "taskHub=default", "taskHub=other", 1), jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"nor with another payload", "POST", open + "&payload=true", jsonType, ``, 403, problem("this link is not valid, or is not any more"), nil},
		{"nor once", "POST", open + "&once=x", jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"nor longer", "POST", strings.Replace(open, "expires=1", "expires=9", 1), jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"too late", "POST", r.sign(func(g *access.Grant) { g.Until = time.Now().Add(-time.Second) }), jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"a bad signature beside a good key", "POST", open + "x&code=a-long-enough-secret", jsonType, `true`, 403, problem("this link is not valid, or is not any more"), nil},
		{"not to read", "GET", strings.Replace(open, "/raiseEvent/Other", "", 1), nil, ``, 401, problem(noKey), nil},
		{"no instance any more", "POST", r.sign(func(g *access.Grant) { g.Instance = "nobody" }), jsonType, `true`, 404, noNobody, nil},
		{"with strange names", "POST", r.sign(func(g *access.Grant) { g.Event = "a/b ü&?%#" }), jsonType, `1`, 202, ``, nil},
	})
	r.client.Raise(r.ctx, "live", "Approval", true)
	r.ends("live")
	events, err := r.client.History(r.ctx, "live")
	require.NoError(t, err)
	var got []string
	for _, e := range events {
		if e.Name == "Other" || strings.HasPrefix(e.Name, "a/") {
			got = append(got, e.Name+" "+string(e.Data))
		}
	}
	require.Equal(t, []string{`Other {"a":1}`, `Other "signed"`, `a/b ü&?%# 1`}, got)
	withoutKeys := newRig(t)
	withoutKeys.try(call{method: "POST", target: open, header: jsonType, body: `1`, status: 403, want: problem("this link is not valid, or is not any more")})
}

// Once is once in each run of the instance, however often the link is used.
func TestLinkThatIsGoodOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, withKeys(signingKeys))
	r.cast()
	once := r.sign(func(g *access.Grant) { g.Event, g.Once = "Other", true })
	for range 3 {
		r.try(call{method: "POST", target: once, header: jsonType, body: `1`, status: 202})
	}
	another := r.sign(func(g *access.Grant) { g.Event, g.Once = "Other", true })
	r.try(call{method: "POST", target: another, header: jsonType, body: `1`, status: 202})
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	r.ends("live")
	events, err := r.client.History(r.ctx, "live")
	require.NoError(t, err)
	raised := 0
	for _, e := range events {
		if e.Name == "Other" {
			raised++
		}
	}
	require.Equal(t, 2, raised)
}

// What is signed without a payload asks for one, and what anybody wrote is shown as text.
func TestLinkThatAsks(t *testing.T) {
	t.Parallel()
	r := newRig(t, withKeys(signingKeys))
	r.cast()
	asks := r.sign(func(g *access.Grant) { g.Event = "<script>" })
	shown := r.page(call{method: "GET", target: asks, status: 200}, `<input name="payload"`)
	require.NotContains(t, shown, "<script>")
	r.page(call{method: "POST", target: asks, header: asForm, body: "payload=" + url.QueryEscape(`{"a": 1}`), status: 202}, "Done")
	r.page(call{method: "POST", target: asks, header: asForm, body: "payload=", status: 202}, "Done")
	r.page(call{method: "POST", target: asks, header: asForm, body: "payload=yes", status: 400}, "This cannot be sent: the body is not JSON")
	r.page(call{method: "POST", target: asks, header: asForm, body: "payload=%zz", status: 400}, "This cannot be sent: the form is not properly encoded.")
	r.page(call{method: "POST", target: asks, header: asForm, body: "payload=" + strings.Repeat("1", 250_001), status: 413}, "This cannot be sent: the body has more than 250000 bytes.")
	r.page(call{method: "GET", target: asks + "x", status: 403}, "This link is not valid, or is not any more.")
	r.page(call{method: "POST", target: asks + "x", header: asPerson, status: 403}, "This link is not valid, or is not any more.")
	r.page(call{method: "GET", target: r.sign(func(g *access.Grant) { g.Instance = "nobody" }), status: 404}, "There is nothing to be done here any more.")
	r.try(call{method: "GET", target: "instances/live/raiseEvent/Approval?code=a-long-enough-secret", status: 405, want: problem("use OPTIONS, POST here"), wantHeader: header("Allow", "OPTIONS, POST")})
}

// The page works in a browser: its form goes to the very URL that it came from.
func TestLinkInABrowser(t *testing.T) {
	t.Parallel()
	r := newRig(t, withKeys(signingKeys))
	r.cast()
	server := r.overNetwork()
	link := server.URL + r.sign(func(g *access.Grant) { g.Payload = json.RawMessage("true") })
	request, err := http.NewRequestWithContext(r.ctx, http.MethodPost, link, http.NoBody)
	require.NoError(t, err)
	for name, value := range map[string]string{"Accept": "text/html", "Origin": "null", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"} {
		request.Header.Set(name, value)
	}
	answer, err := server.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusAccepted, answer.StatusCode)
	require.JSONEq(t, "true", string(r.ends("live").Output))
}

// JSON that comes as what a program sends that is not told otherwise is no empty payload.
func TestLinkIsNotUsedUpByAMistake(t *testing.T) {
	t.Parallel()
	r := newRig(t, withKeys(signingKeys))
	r.cast()
	once := r.sign(func(g *access.Grant) { g.Event, g.Once = "Other", true })
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	r.try(call{method: "POST", target: once, header: form, body: `true`, status: 400, want: wrong(`the form has no payload: to send JSON, the content type must be application/json`)})
	r.try(call{method: "POST", target: once, header: jsonType, body: `true`, status: 202})
}
