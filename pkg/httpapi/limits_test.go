package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// brokenHub is a hub that does something else where an instance is looked up.
type brokenHub struct {
	*memhub.Hub
	load func(context.Context) error
}

func (h *brokenHub) Load(ctx context.Context, _ string) (*record.InstanceRecord, uint64, error) {
	return nil, 0, h.load(ctx)
}

func breaking(load func(context.Context) error) func(*httpapi.Config) {
	return func(c *httpapi.Config) {
		c.Hubs = map[string]*client.Client{"default": client.New(&brokenHub{memhub.New(memhub.Config{}), load})}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	ours := `{"Message":"something went wrong here; the log of the worker says what (request r-1)"}`
	for name, c := range map[string]struct {
		load   func(context.Context) error
		status int
		want   string
		logged string
	}{
		"the hub fails": {func(context.Context) error { return errors.New("no storage, key all-secret-1") }, 500, ours, `no storage, key xxxxx`},
		"it panics":     {func(context.Context) error { panic("oh no") }, 500, `{"Message":"something went wrong here (request r-1)"}`, `panic: oh no`},
		"it is slow": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 504,
			`{"Message":"the hub did not answer in time (request r-1)"}`, `deadline exceeded`},
		"its disk is full": {func(context.Context) error { return fmt.Errorf("%w: %w", hub.ErrUnconfirmed, context.DeadlineExceeded) }, 504,
			`{"Message":"loading instance \"x\": ` + hub.ErrUnconfirmed.Error() + `: context deadline exceeded"}`, `storage is full`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, withKeys(fourKeys), breaking(c.load), func(c *httpapi.Config) { c.Timeout = 10 * time.Millisecond })
			r.try(call{method: "GET", target: "instances/x?code=all-secret-1", header: header("X-Request-Id", "r-1"), status: c.status, want: c.want})
			require.Contains(t, r.log.String(), "level=ERROR")
			require.Contains(t, r.log.String(), c.logged)
			require.NotContains(t, r.log.String(), "all-secret-1")
		})
	}
}

// Requests beyond the limit are refused at once, and waiting requests take no room from
// others.
func TestTooManyAtATime(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	r := newFixture(t, func(c *httpapi.Config) { c.MaxRequests, c.MaxWaiting, c.MaxListing = 1, 1, 1 },
		breaking(func(context.Context) error {
			entered <- struct{}{}
			<-leave
			return hub.ErrNotFound
		}))
	busy := call{method: "GET", target: "instances/x", status: 503, want: problem("too many requests at a time: try again later"), wantHeader: header("Retry-After", "1")}
	done := make(chan struct{})
	for _, target := range []string{"instances/x", "instances/x/events", "instances/x?showHistory=true"} {
		go func() {
			r.send(call{method: "GET", target: target})
			done <- struct{}{}
		}()
		<-entered
		busy.target = target
		r.try(busy)
	}
	close(leave)
	for range 3 {
		<-done
	}
	answer := make(chan int)
	go func() { answer <- r.send(call{method: "GET", target: "instances/x"}).Code }()
	<-entered
	require.Equal(t, http.StatusInternalServerError, <-answer)
}

// A caller that goes away before the answer is no fault of the server.
func TestCallerGoesAway(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := newFixture(t, breaking(func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}))
	r.api.ServeHTTP(httptest.NewRecorder(), call{method: "GET", target: "instances/x"}.over(ctx))
	require.Contains(t, r.log.String(), "level=INFO")
	require.Contains(t, r.log.String(), "status=499")
}

// A client that sends half a body and goes away is nobody's fault.
func TestHalfABody(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	request := call{method: "POST", target: "instances/live/raiseEvent/Approval", header: jsonType}.over(r.ctx)
	request.Body = http.MaxBytesReader(nil, half{}, 1<<20)
	recorder := httptest.NewRecorder()
	r.api.ServeHTTP(recorder, request)
	require.Equal(t, http.StatusBadRequest, recorder.Code)
	require.Equal(t, wrong("the body broke off before its end")+"\n", recorder.Body.String())
}

type half struct{}

func (half) Read(p []byte) (int, error) { return copy(p, `{"half`), errors.New("reset by peer") }
func (half) Close() error               { return nil }

func TestBodies(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	raise := func(name, body string, status int, want string) call {
		return call{name, "POST", "instances/live/raiseEvent/Other", jsonType, body, status, want, nil}
	}
	tryAll(t, r, []call{
		raise("with a mark", "\xef\xbb\xbf{}", 202, ``),
		raise("with space", " \r\n\t{} \n", 202, ``),
		raise("null", "null", 202, ``),
		raise("two values", "1 2", 400, notJSON(`the body is not JSON: invalid character '2' after top-level value`)),
		raise("no text", "\"\xff\"", 400, notJSON(`the body is not JSON: it is not valid UTF-8`)),
		raise("deep, in a string", `"`+strings.Repeat("[", 5000)+`\"`+strings.Repeat("{", 5000)+`"`, 202, ``),
		raise("wide", `[`+strings.Repeat("[],", 5000)+`[]]`, 202, ``),
		raise("deep enough", strings.Repeat(`{"a":`, 1000)+`1`+strings.Repeat("}", 1000), 202, ``),
		raise("too deep", strings.Repeat(`{"a":`, 1001)+`1`+strings.Repeat("}", 1001), 400, notJSON(`the body is nested deeper than 1000 levels`)),
		raise("as large as can be", `"`+strings.Repeat("x", 249_998)+`"`, 202, ``),
	})
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	r.send(call{method: "POST", target: "instances/live/raiseEvent/Other?wait=20", header: map[string]string{"Content-Type": isJSON, "X-Request-Id": "mine"}, body: "1"})
	require.Regexp(t, `level=INFO msg=http method=POST route=/runtime/webhooks/durabletask/instances/\{id\}/raiseEvent/\{event\} status=200 bytes=23 took=\S+ remote=192.0.2.1:1234 request=mine hub=default instance=live event=Other\n`, r.log.String())
	r.send(call{method: "GET", target: "/some/where", header: header("X-Request-Id", "not fit\x7f")})
	require.Regexp(t, `method=GET route="Not Found" status=404 bytes=\d+ took=\S+ remote=192.0.2.1:1234 request=[a-z0-9]{16}\n`, r.log.String())
	long := strings.Repeat("x", 100) + "%0Alevel=ERROR"
	r.send(call{method: "GET", target: "instances/" + long})
	require.Contains(t, r.log.String(), "instance="+strings.Repeat("x", 60)+"…\n")
}

// badHub cannot read one of its instances.
type badHub struct {
	*memhub.Hub
	bad string
}

func (h *badHub) Load(ctx context.Context, id string) (*record.InstanceRecord, uint64, error) {
	if id == h.bad {
		return nil, 0, record.ErrCorrupt
	}
	return h.Hub.Load(ctx, id)
}

// A page that cannot be read is an error, or, once it has begun, breaks off: it never
// looks like a shorter one.
func TestPageThatCannotBeRead(t *testing.T) {
	t.Parallel()
	hub := &badHub{Hub: memhub.New(memhub.Config{}), bad: "i20"}
	r := newFixture(t, func(c *httpapi.Config) { c.Hubs["default"] = client.New(hub) })
	require.NoError(t, hub.Register(r.ctx, []string{"Gate"}))
	for i := range 25 {
		_, err := client.New(hub.Hub).Start(r.ctx, "Gate", nil, client.WithInstanceID(fmt.Sprintf("i%02d", i)))
		require.NoError(t, err)
	}
	r.try(call{method: "GET", target: "instances?instanceIdPrefix=i2&top=2", status: 500, header: header("X-Request-Id", "r"),
		want:       `{"Message":"something went wrong here; the log of the worker says what (request r)"}`,
		wantHeader: header("X-Ms-Continuation-Token", "")})
	server := r.overNetwork()
	request, err := http.NewRequestWithContext(r.ctx, http.MethodGet, server.URL+base+"/instances", http.NoBody)
	require.NoError(t, err)
	answer, err := server.Client().Do(request)
	if err == nil {
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
	}
	require.Error(t, err)
	require.Contains(t, r.log.String(), "cannot be read")
}
