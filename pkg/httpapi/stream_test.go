package httpapi_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listen returns the events of an instance, as a browser gets them.
func (r *fixture) listen(server *httptest.Server, id, query string, header map[string]string) (*http.Response, func() map[string]string) {
	r.Helper()
	request, err := http.NewRequestWithContext(r.ctx, http.MethodGet, server.URL+base+"/instances/"+id+"/events"+query, http.NoBody)
	require.NoError(r, err)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := server.Client().Do(request)
	require.NoError(r, err)
	r.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewReader(answer.Body)
	return answer, func() map[string]string {
		event := map[string]string{}
		for {
			line, err := lines.ReadString('\n')
			if err == io.EOF {
				return nil
			}
			require.NoError(r, err)
			field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch {
			case line == "\n" && len(event) > 0:
				return event
			case field != "":
				event[field] = value
			}
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	server := r.overNetwork()
	answer, next := r.listen(server, "live", "?showInput=false", nil)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", answer.Header.Get("Content-Type"))
	first := next()
	require.Equal(t, "status", first["event"])
	require.JSONEq(t, liveNow, timeless(first["data"]))
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	last := first
	for event := next(); event["event"] == "status"; event = next() {
		require.NotEqual(t, last["id"], event["id"])
		last = event
	}
	require.Contains(t, last["data"], `"runtimeStatus":"Completed"`)
	require.Nil(t, next(), "it is over")

	// A listener that comes back and has seen the end is told not to come again.
	answer, _ = r.listen(server, "live", "", map[string]string{"Last-Event-ID": last["id"]})
	require.Equal(t, http.StatusNoContent, answer.StatusCode)
	answer, next = r.listen(server, "live", "", map[string]string{"Last-Event-ID": first["id"]})
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, last, next())
	require.Equal(t, map[string]string{"event": "end", "data": "{}"}, next())
	require.Nil(t, next())
	r.try(call{method: "GET", target: "instances/nobody/events", status: 404, want: noNobody})
	r.try(call{method: "GET", target: "instances/live/events?showInput=x", status: 400, want: wrong(`showInput=\"x\": use true or false`)})
	require.Equal(t, http.StatusOK, r.send(call{method: "HEAD", target: "instances/live/events"}).Code)
}

// A listener that comes back and has missed nothing hears nothing, until there is a change.
func TestStreamDoesNotRepeatWhatWasSeen(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	server := r.overNetwork()
	_, next := r.listen(server, "live", "", nil)
	first := next()
	answer, next := r.listen(server, "live", "", map[string]string{"Last-Event-ID": first["id"]})
	require.Equal(t, http.StatusOK, answer.StatusCode, "the header comes at once")
	require.NoError(t, r.client.Raise(r.ctx, "live", "Approval", true))
	again := next()
	require.Equal(t, "status", again["event"])
	require.NotEqual(t, first["id"], again["id"])
	answer, next = r.listen(server, "done", "", map[string]string{"Last-Event-ID": "of-something-else"})
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "status", next()["event"], "an id of something else counts for nothing")
}

// Closing the API ends requests that listen or wait.
func TestCloseSendsHome(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	server := r.overNetwork()
	_, next := r.listen(server, "live", "", nil)
	require.NotNil(t, next())
	waiting := make(chan int)
	go func() {
		waiting <- r.send(call{method: "POST", target: "orchestrators/Gate/w?timeout=200"}).Code
	}()
	r.waits("w")
	r.api.Close()
	require.Equal(t, http.StatusAccepted, <-waiting)
	require.Nil(t, next())
	// Others are answered as before.
	r.try(call{method: "GET", target: "instances/live", status: 202, want: liveNow})
}

func TestStreamIsLeft(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	server := r.overNetwork()
	_, next := r.listen(server, "live", "", nil)
	require.Equal(t, "status", next()["event"])
	// A listener that goes away frees its place.
	ctx, cancel := context.WithTimeout(r.ctx, time.Millisecond)
	defer cancel()
	request := call{method: "GET", target: "instances/live/events"}.over(ctx)
	r.api.ServeHTTP(httptest.NewRecorder(), request)
	require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
}
