package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// bystander is an instance that no request means.
const bystander = "bystander-7f3a9c52e1d84b06"

const fuzzKey = "fuzz-secret-7f3a9c52"

// fuzzer sends requests that nobody would, and looks whether any harm was done.
type fuzzer struct {
	*fixture
	sent int
}

func newFuzzer(f *testing.F) *fuzzer {
	r := newFixture(f, withKeys("fuzz "+fuzzKey), func(c *httpapi.Config) { c.MaxWait = 5 * time.Millisecond })
	r.start("Gate", "as it was", bystander)
	r.waits(bystander)
	return &fuzzer{fixture: r}
}

// try sends what is written, as a server would read it, and returns the answer; nil if
// no server would have handed it on.
func (f *fuzzer) try(t *testing.T, method, target string, header http.Header, body []byte) *httptest.ResponseRecorder {
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")))
	if err != nil {
		return nil
	}
	patience := 20 * time.Second
	if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(request.URL.Path, "/")), "/events") {
		patience = 50 * time.Millisecond // who listens to an instance would listen for ever
	}
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	defer cancel()
	request.Header = header.Clone()
	request.Header.Set("X-Functions-Key", fuzzKey)
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	recorder := httptest.NewRecorder()
	f.api.ServeHTTP(recorder, request.WithContext(ctx))
	f.check(t, request, recorder)
	return recorder
}

func (f *fuzzer) check(t *testing.T, request *http.Request, answer *httptest.ResponseRecorder) {
	require.NotContains(t, f.log.Take(), fuzzKey)
	require.NotEqual(t, http.StatusInternalServerError, answer.Code, "%s %s", request.Method, request.URL)
	require.NotEmpty(t, answer.Header().Get("X-Request-Id"))
	if strings.HasPrefix(answer.Header().Get("Content-Type"), "application/json") && request.Method != http.MethodHead {
		require.True(t, json.Valid(answer.Body.Bytes()), answer.Body)
	}
	requireDocumented(t, request, answer.Code)
	i, err := f.client.Get(f.ctx, bystander)
	require.NoError(t, err)
	require.Equal(t, client.Running, i.Status)
	require.Equal(t, 1, i.Events, "something has come for it")
	f.sent++
}

// tidy removes now and then what was started.
func (f *fuzzer) tidy(t *testing.T) {
	if f.sent < 500 {
		return
	}
	f.sent = 0
	for i, err := range f.client.All(f.ctx, client.Filter{}) {
		require.NoError(t, err)
		if i.Instance == bystander {
			continue
		}
		err := f.client.Terminate(f.ctx, i.Instance, "")
		if !errors.Is(err, client.ErrInstanceEnded) {
			require.NoError(t, err)
		}
		_, err = f.client.Wait(f.ctx, i.Instance)
		require.NoError(t, err)
	}
	_, err := f.client.PurgeWhere(f.ctx, client.Filter{})
	require.NoError(t, err)
}

var fuzzMethods = []string{"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"}

func FuzzRequestPath(f *testing.F) {
	for i, path := range []string{
		"", "/", "/openapi.json", base, base + "/instances", base + "/instances/x", base + "/instances/x/events",
		base + "/orchestrators/Gate", base + "/orchestrators/Gate/x", base + "/orchestrators/Gate/a%2Fb", base + "/orchestrators/Gate/%C3%A9é", base + "/instances/é%2Fterminate",
		base + "/instances/x/raiseEvent/Approval", base + "/instances/x/raiseEvent/Approval&code=XXX", base + "/instances/x/raiseEvent/&code=&code=",
		base + "/instances/x/raiseEvent/a%26code=b?sig=1&expires=2&key=fuzz", base + "/instances/%40x/terminate", base + "/instances/x/suspend",
		base + "/instances/x/resume?reason=%22", base + "/instances/x/rewind", base + "/instances/x/restart", base + "/instances/%/..%2f",
		base + "//instances//x//", base + "/instances/x;y/raiseEvent/=", "http://elsewhere" + base + "/instances", "*",
	} {
		f.Add(uint8(i), path)
		f.Add(uint8(1), path)
	}
	r := newFuzzer(f)
	f.Fuzz(func(t *testing.T, method uint8, path string) {
		r.tidy(t)
		r.try(t, fuzzMethods[int(method)%len(fuzzMethods)], path, http.Header{"Content-Type": {isJSON}}, []byte("true"))
	})
}

func FuzzRequestQuery(f *testing.F) {
	targets := []string{
		"POST /orchestrators/Echo", "GET /instances", "DELETE /instances", "GET /instances/" + bystander, "GET /instances/x/events",
		"POST /instances/x/raiseEvent/Approval", "GET /instances/x/raiseEvent/Approval", "POST /instances/x/suspend", "POST /instances/x/restart",
	}
	for i, query := range []string{
		"timeout=1&pollingInterval=0.1&returnInternalServerErrorOnFailure=true", "instanceIdPrefix=x&createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Running,Failed&top=5&showInput=0",
		"createdTimeFrom=2020-01-01&createdTimeTo=2050-01-01T00:00+01:00", "showHistory=1&showHistoryOutput=TRUE&showInput=f", "showInput=",
		"wait=1e-3", "sig=x&key=fuzz&expires=99999999999&once=1&payload={}", "reason=%00%ff", "restartWithNewInstanceId=false",
		"taskHub=DEFAULT&connection=Storage&code=x", "timeout=NaN&wait=Inf", "top=-1", "top=99999999999999999999", "%zz", "=&&==;", "timeout=1e400&wait=-0",
	} {
		for target := range targets {
			f.Add(uint8(target), query, "")
		}
		f.Add(uint8(i), query, "1y")
	}
	r := newFuzzer(f)
	f.Fuzz(func(t *testing.T, target uint8, query, token string) {
		r.tidy(t)
		method, path, _ := strings.Cut(targets[int(target)%len(targets)], " ")
		r.try(t, method, base+path+"?"+query, http.Header{"Content-Type": {isJSON}, "X-Ms-Continuation-Token": {token}}, []byte(`"x"`))
	})
}

// After any request the instance can still be sent the event that it waits for.
func FuzzRequestBody(f *testing.F) {
	for _, body := range []string{
		"", "true", `"TRUE"`, "null", "{", `{"a":[1,2,{"b":null}]}`, "\xef\xbb\xbf1", "\"\xff\"", `"\ud800"`, "1e999", "-0", "[" + strings.Repeat("[", 2000), "payload=true", "\x00",
	} {
		f.Add([]byte(body), isJSON, "Approval", "k")
		f.Add([]byte(body), "application/json; charset=utf-8", "x", "")
		f.Add([]byte(body), "text/plain", " ", "\n")
	}
	r := newFuzzer(f)
	f.Fuzz(func(t *testing.T, body []byte, contentType, event, key string) {
		header := http.Header{"Content-Type": {contentType}, "Idempotency-Key": {key}}
		const id = "patient"
		r.try(t, "POST", base+"/orchestrators/Patient/"+id, http.Header{}, body)
		if _, err := r.client.Get(r.ctx, id); err != nil {
			require.ErrorIs(t, err, client.ErrInstanceNotFound)
			_, err := r.client.Start(r.ctx, "Patient", nil, client.WithInstanceID(id))
			require.NoError(t, err)
		}
		answer := r.try(t, "POST", base+"/instances/"+id+"/raiseEvent/"+url.PathEscape(event), header, body)
		if answer.Code == http.StatusAccepted {
			require.True(t, strings.EqualFold(isJSON, strings.TrimSpace(strings.Split(contentType, ";")[0])))
			require.True(t, json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
		}
		err := r.client.Raise(r.ctx, id, "Approval", true)
		if !errors.Is(err, client.ErrInstanceEnded) {
			require.NoError(t, err)
		}
		i, err := r.client.Wait(r.ctx, id)
		require.NoError(t, err)
		require.Equal(t, client.Completed, i.Status, i.Failure)
		r.try(t, "GET", base+"/instances/"+id+"?showHistory=true&showHistoryOutput=true", http.Header{}, nil)
		require.NoError(t, r.client.Purge(r.ctx, id))
	})
}

// Every id that an instance can have can be written in a path, but for those that are
// steps in one, and the links that are given out lead to it.
func FuzzRequestID(f *testing.F) {
	for _, id := range []string{"x", "a b", "a%2Fb", "é", "&code=1", "+", "a;b", "x?y", "a/b", "@x", ".", "..", "\x7f", "\xff", "", "{id}", strings.Repeat("x", 257), "原", "%", "a&b=c"} {
		f.Add(id)
	}
	r := newFuzzer(f)
	f.Fuzz(func(t *testing.T, id string) {
		if id == "" || id == bystander {
			return
		}
		answer := r.try(t, "POST", base+"/orchestrators/Gate/"+url.PathEscape(id), http.Header{}, nil)
		if ident.CheckInstance(id) != nil || id == "." || id == ".." {
			require.Equal(t, http.StatusBadRequest, answer.Code)
			return
		}
		require.Equal(t, http.StatusAccepted, answer.Code, answer.Body)
		var links managementPayload
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &links))
		require.Equal(t, id, links.ID)
		follow := func(method, link string, header http.Header, body string) *httptest.ResponseRecorder {
			return r.try(t, method, strings.TrimPrefix(link, "http://"+host), header, []byte(body))
		}
		var status orchestrationStatus
		require.NoError(t, json.Unmarshal(follow("GET", links.StatusQueryGetURI, http.Header{}, "").Body.Bytes(), &status))
		require.Equal(t, id, status.InstanceID)
		raise := strings.ReplaceAll(links.SendEventPostURI, "{eventName}", "Approval")
		require.Equal(t, http.StatusAccepted, follow("POST", raise, http.Header{"Content-Type": {isJSON}}, "true").Code)
		i, err := r.client.Wait(r.ctx, id)
		require.NoError(t, err)
		require.Equal(t, "true", string(i.Output))
		require.Equal(t, http.StatusOK, follow("DELETE", links.PurgeHistoryDeleteURI, http.Header{}, "").Code)
	})
}
