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
func (r *fixture) sign(change func(*access.Grant)) string {
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

const notValid = "this link is not valid: it was altered, or its key was taken away"

var (
	asPerson = map[string]string{"Accept": "text/html,*/*;q=0.8"}
	asForm   = map[string]string{"Accept": "text/html,*/*;q=0.8", "Content-Type": "application/x-www-form-urlencoded"}
)

// page requires a page that says so.
func (r *fixture) page(c call, says string) string {
	r.Helper()
	answer := r.send(c)
	require.Equal(r, c.status, answer.Code, answer.Body)
	h := answer.Header()
	require.Equal(r, "text/html; charset=utf-8", h.Get("Content-Type"))
	require.Regexp(r, `^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$`, h.Get("Content-Security-Policy"))
	require.Equal(r, "no-referrer", h.Get("Referrer-Policy"))
	require.Equal(r, "no-store", h.Get("Cache-Control"))
	require.Contains(r, answer.Body.String(), says)
	return answer.Body.String()
}

// A link that was cut off in a mail says so, wherever the cut is.
func TestLinkThatWasCutOff(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	link := r.sign(func(g *access.Grant) { g.Page.Title = "50 € for the summer party" })
	for n := strings.Index(link, "expires=") + len("expires="); n < len(link); n++ {
		r.page(call{method: "GET", target: link[:n], header: asPerson, status: 403}, "This link is not valid")
	}
	unsigned, _, _ := strings.Cut(link, "&sig=")
	r.try(call{method: "GET", target: unsigned, status: 405, want: `{"Message":"use OPTIONS, POST here"}`})
}

// A person gets a page with a button; opening the page changes nothing.
func TestLinkOfAPerson(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	link := r.sign(func(g *access.Grant) { g.Payload, g.Once = json.RawMessage("true"), true })
	for range 3 {
		shown := r.page(call{method: "GET", target: link, status: 200}, `<h1>Approval for live</h1>`)
		require.Contains(t, shown, `<p class="text">This sends: true</p>`)
		require.Contains(t, shown, `<form method="post">`)
		require.NotContains(t, shown, `name="payload"`)
	}
	require.Equal(t, http.StatusOK, r.send(call{method: "HEAD", target: link}).Code)
	i, err := r.client.Get(r.ctx, "live")
	require.NoError(t, err)
	require.Equal(t, 1, i.Events, "nothing was raised")
	r.page(call{method: "POST", target: link, header: asForm, status: 202}, `Your answer was sent: true`)
	require.JSONEq(t, "true", string(r.ends("live").Output))
	r.page(call{method: "GET", target: link, status: 410}, `<h1>This link has been used</h1>`)
	r.page(call{method: "POST", target: link, header: asForm, status: 410}, `<h1>This link has been used</h1>`)
	require.NotContains(t, r.log.String(), "a-long-enough-secret")
	require.NotContains(t, r.log.String(), "sig=")
	require.Contains(t, r.log.String(), "key=signer")
}

// A program posts directly.
func TestLinkOfAProgram(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	other := func(g *access.Grant) { g.Event = "Other" }
	open := r.sign(other)
	ours := titled("Only application/json request content is supported", "the content type must be application/json")
	tryAll(t, r, []call{
		{"with its own payload", "POST", open, jsonType, `{"a":1}`, 202, ``, nil},
		{"which must be JSON", "POST", open, jsonType, `{`, 400, notJSON("the body is not JSON: unexpected end of JSON input"), nil},
		{"and say so", "POST", open, nil, `1`, 400, ours, nil},
		{"with a signed payload", "POST", r.sign(func(g *access.Grant) { other(g); g.Payload = json.RawMessage(`"signed"`) }), jsonType, `"mine"`, 202, ``, nil},
		{"not for another event", "POST", strings.Replace(open, "/Other?", "/Approval?", 1), jsonType, `true`, 403, problem(notValid), nil},
		{"not for another instance", "POST", strings.Replace(open, "/live/", "/done/", 1), jsonType, `true`, 403, problem(notValid), nil},
		{"not for another hub", "POST", strings.Replace(open, "taskHub=default", "taskHub=other", 1), jsonType, `true`, 403, problem(notValid), nil},
		{"nor with another payload", "POST", open + "&payload=true", jsonType, ``, 403, problem(notValid), nil},
		{"nor once", "POST", open + "&once=x", jsonType, `true`, 403, problem(notValid), nil},
		{"nor longer", "POST", strings.Replace(open, "expires=1", "expires=9", 1), jsonType, `true`, 403, problem(notValid), nil},
		{"too late", "POST", r.sign(func(g *access.Grant) { g.Until = time.Now().Add(-time.Second) }), jsonType, `true`, 403, problem("this link has expired: it was good until TIME"), nil},
		{"a bad signature beside a good key", "POST", open + "x&code=a-long-enough-secret", jsonType, `true`, 403, problem(notValid), nil},
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
	withoutKeys := newFixture(t)
	withoutKeys.try(call{method: "POST", target: open, header: jsonType, body: `1`, status: 403, want: problem(notValid)})
}

// Once is once in each run of the instance, however often the link is used.
func TestLinkThatIsGoodOnce(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
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

// A link without a payload asks for one, and shows as text whatever anybody wrote.
func TestLinkThatAsks(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	asks := r.sign(func(g *access.Grant) {
		g.Event = "<script>"
		g.Page = access.Page{Title: "Is it <b>you</b>?", Text: "One\ntwo", From: "R&D"}
	})
	typed := func(text string) string { return "payload=" + url.QueryEscape(text) }
	shown := r.page(call{method: "GET", target: asks, status: 200}, `<textarea id="payload" name="payload" required`)
	require.NotContains(t, shown, "<script>")
	require.NotContains(t, shown, "<b>you")
	require.Contains(t, shown, "R&amp;D asks:")
	require.Contains(t, shown, "One\ntwo")
	r.page(call{method: "POST", target: asks, header: asForm, body: typed(`{"a": 1}`), status: 202}, `Your answer was sent: {&#34;a&#34;: 1}`)
	r.page(call{method: "POST", target: asks, header: asForm, body: typed(" \r\n "), status: 400}, "Please write an answer before you send it.")
	r.page(call{method: "POST", target: asks, header: asForm, body: "", status: 400}, "Please write an answer.")
	again := r.page(call{method: "POST", target: asks, header: asForm, body: typed("yes & </textarea>"), status: 400}, "This is not JSON.")
	require.Contains(t, again, "\nyes &amp; &lt;/textarea&gt;</textarea>", "what was typed is kept")
	require.Contains(t, again, `<button name="as" value="words">Send as plain words</button>`)
	require.Contains(t, again, `aria-invalid="true"`)
	r.page(call{method: "POST", target: asks, header: asForm, body: typed("yes\r\nplease ") + "&as=words", status: 202}, "Your answer was sent: yes\nplease")
	r.page(call{method: "POST", target: asks, header: asForm, body: "payload=%zz", status: 400}, "The form did not arrive whole.")
	long := r.page(call{method: "POST", target: asks, header: asForm, body: "payload=" + strings.Repeat("1", 250_001), status: 413}, "This is too long: at most 250000 bytes can be sent.")
	require.Contains(t, long, strings.Repeat("1", 250_001))
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	r.ends("live")
	require.Equal(t, []string{`{"a": 1}`, `"yes\nplease"`}, r.raisedOn("live", "<script>"))
	r.try(call{method: "GET", target: "instances/live/raiseEvent/Approval?code=a-long-enough-secret", status: 405, want: problem("use OPTIONS, POST here"), wantHeader: header("Allow", "OPTIONS, POST")})
}

// raisedOn returns the payloads of an event's raises.
func (r *fixture) raisedOn(id, event string) []string {
	r.Helper()
	events, err := r.client.History(r.ctx, id)
	require.NoError(r, err)
	var payloads []string
	for _, e := range events {
		if e.Name == event {
			payloads = append(payloads, string(e.Data))
		}
	}
	return payloads
}

// Yes and no are buttons, in the words of the asker.
func TestLinkThatAsksForYesOrNo(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	ask := r.sign(func(g *access.Grant) {
		g.Event, g.Page = "Other", access.Page{Answer: access.AnswerYesNo, Yes: "Approve", No: "Reject"}
	})
	shown := r.page(call{method: "GET", target: ask, status: 200}, `<button class="first" name="answer" value="yes">Approve</button>`)
	require.Contains(t, shown, `<button name="answer" value="no">Reject</button>`)
	require.NotContains(t, shown, "<textarea")
	r.page(call{method: "POST", target: ask, header: asForm, body: "answer=maybe", status: 400}, "Please press one of the two buttons.")
	r.page(call{method: "POST", target: ask, header: asForm, body: "answer=no", status: 202}, "Your answer was sent: Reject")
	r.page(call{method: "POST", target: ask, header: asForm, body: "answer=yes", status: 202}, "Your answer was sent: Approve")
	r.page(call{method: "GET", target: r.sign(func(g *access.Grant) { g.Page.Answer = access.AnswerYesNo }), status: 200}, `>No</button>`)
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	r.ends("live")
	require.Equal(t, []string{"false", "true"}, r.raisedOn("live", "Other"))
}

// Words are taken as they are where the event takes a string.
func TestLinkThatAsksForWords(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	ask := r.sign(func(g *access.Grant) { g.Event, g.Page.Answer = "Other", access.AnswerText })
	r.page(call{method: "GET", target: ask, status: 200}, "In your own words.")
	r.page(call{method: "POST", target: ask, header: asForm, body: "payload=42", status: 202}, "Your answer was sent: 42")
	r.page(call{method: "POST", target: ask, header: asForm, body: "payload=" + url.QueryEscape(`it is "fine"`), status: 202}, "Your answer was sent: it is")
	r.page(call{method: "POST", target: ask, header: asForm, body: "payload=+", status: 400}, "Please write an answer before you send it.")
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	r.ends("live")
	require.Equal(t, []string{`"42"`, `"it is \"fine\""`}, r.raisedOn("live", "Other"))
}

// A person is told why there is nothing to answer: not yet, not any more, used, expired or
// altered are different things.
func TestLinkTellsWhyThereIsNothingToAnswer(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	titled := func(change func(*access.Grant)) string {
		return r.sign(func(g *access.Grant) {
			g.Page.Title, g.Page.From = "The budget", "Finance"
			if change != nil {
				change(g)
			}
		})
	}
	whole := titled(nil)
	once := titled(func(g *access.Grant) {
		g.Event, g.Once, g.Page.Answer, g.Page.No = "Other", true, access.AnswerYesNo, "Reject"
	})
	r.page(call{method: "GET", target: once, status: 200}, `one answer`)
	r.page(call{method: "POST", target: once, header: asForm, body: "answer=no", status: 202}, "Your answer was sent: Reject")
	r.page(call{method: "GET", target: once, status: 410}, "<h1>This link has been used</h1>")
	r.page(call{method: "POST", target: once, header: asForm, body: "answer=yes", status: 410}, ": Reject\n")
	for name, c := range map[string]struct {
		target  string
		status  int
		heading string
		about   bool
	}{
		"not there yet": {titled(func(g *access.Grant) { g.Instance = "nobody" }), 404, "Not there yet", true},
		"over":          {titled(func(g *access.Grant) { g.Instance = "done" }), 410, "This is over", true},
		"expired":       {titled(func(g *access.Grant) { g.Until = time.Now().Add(-time.Second) }), 403, "This link has expired", true},
		"altered":       {whole + "x", 403, "This link is not valid", false},
		"cut off":       {whole[:strings.Index(whole, "&sig=")+8], 403, "This link is not valid", false},
		"another title": {strings.Replace(whole, "The+budget", "The+holiday", 1), 403, "This link is not valid", false},
		"an added text": {whole + "&text=Hello", 403, "This link is not valid", false},
		"another hub":   {strings.Replace(whole, "taskHub=default", "taskHub=other", 1), 403, "This link is not valid", false},
	} {
		for method, header := range map[string]map[string]string{"GET": asPerson, "POST": asForm} {
			shown := r.page(call{method: method, target: c.target, header: header, body: "", status: c.status}, "<h1>"+c.heading+"</h1>")
			require.Equal(t, c.about, strings.Contains(shown, "The budget"), name)
			require.NotContains(t, shown, "<form", name)
		}
	}
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	r.ends("live")
	r.page(call{method: "GET", target: once, status: 410}, "<h1>This link has been used</h1>")
	require.Equal(t, []string{"false"}, r.raisedOn("live", "Other"))
}

// Two answers are sent at once by a link that is good once: only one is thanked for.
func TestSecondAnswerIsNotThankedFor(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	once := r.sign(func(g *access.Grant) { g.Event, g.Once, g.Page.Answer = "Other", true, access.AnswerYesNo })
	answers := make(chan int, 10)
	for n := range cap(answers) {
		go func() {
			answers <- r.send(call{method: "POST", target: once, header: asForm, body: []string{"answer=yes", "answer=no"}[n%2]}).Code
		}()
	}
	codes := map[int]int{}
	for range cap(answers) {
		codes[<-answers]++
	}
	require.Equal(t, map[int]int{http.StatusAccepted: 1, http.StatusGone: 9}, codes)
}

// The page works in a browser: its form goes to the very URL that it came from.
func TestLinkInABrowser(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
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
	r := newFixture(t, withKeys(signingKeys))
	r.startThree()
	once := r.sign(func(g *access.Grant) { g.Event, g.Once = "Other", true })
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	r.try(call{method: "POST", target: once, header: form, body: `true`, status: 400, want: wrong(`the form has no payload: to send JSON, the content type must be application/json`)})
	r.try(call{method: "POST", target: once, header: jsonType, body: `true`, status: 202})
}
