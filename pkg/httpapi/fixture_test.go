package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

const (
	host   = "127.0.0.1:7071"
	base   = "/runtime/webhooks/durabletask"
	isJSON = "application/json"
)

var jsonType = map[string]string{"Content-Type": isJSON}

// fixture is an API over a hub in memory with a worker.
type fixture struct {
	testing.TB
	ctx    context.Context
	client *client.Client
	api    *httpapi.API
	log    *testenv.Log
	// sound lets the orchestrator Brittle succeed.
	sound atomic.Bool
}

// overNetwork serves the API on a connection of its own, until the test ends.
func (r *fixture) overNetwork() *httptest.Server {
	server := httptest.NewServer(r.api)
	r.Cleanup(server.Close)
	return server
}

func newFixture(t testing.TB, options ...func(*httpapi.Config)) *fixture {
	t.Helper()
	hub := memhub.New(memhub.Config{})
	ctx := t.Context()
	if _, isTest := t.(*testing.T); isTest { // fuzzing takes as long as it is told to
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
		t.Cleanup(cancel)
	}
	r := &fixture{TB: t, ctx: ctx, client: client.New(hub), log: &testenv.Log{}}
	config := httpapi.Config{
		Hubs: map[string]*client.Client{"default": r.client}, MaxBody: hub.MaxPayload(),
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
	}
	for _, option := range options {
		option(&config)
	}
	var err error
	r.api, err = httpapi.New(config)
	require.NoError(t, err)
	t.Cleanup(r.api.Close)
	registry := r.registry()
	require.NoError(t, hub.Register(ctx, registry.Orchestrators()))
	require.NoError(t, hub.RegisterActivities(ctx, registry.Activities()))
	r.work(hub, registry)
	return r
}

func (r *fixture) registry() *orchestration.Registry {
	registry := &orchestration.Registry{Logger: slog.New(slog.DiscardHandler)}
	registry.Add(orchestration.Orchestrator("Gate", func(ctx *orchestration.Context, _ any) (bool, error) {
		return orchestration.Event[bool]("Approval").Wait(ctx).Await()
	}))
	registry.Add(orchestration.Orchestrator("Patient", func(ctx *orchestration.Context, _ json.RawMessage) (bool, error) {
		for {
			answer, err := orchestration.Event[bool]("Approval").Wait(ctx).Await()
			var wrong *orchestration.ConversionError
			if !errors.As(err, &wrong) {
				return answer, err
			}
		}
	}))
	registry.Add(orchestration.Orchestrator("Count", func(ctx *orchestration.Context, n int) ([]int, error) {
		var items []int
		for range n {
			item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	}))
	registry.Add(orchestration.Orchestrator("Echo", func(ctx *orchestration.Context, in string) (string, error) {
		ctx.SetCustomStatus("seen " + in)
		return in, nil
	}))
	registry.Add(orchestration.Orchestrator("Whole", func(ctx *orchestration.Context, _ any) (string, error) {
		if _, err := orchestration.CreateTimer(ctx, time.Millisecond).Await(); err != nil {
			return "", err
		}
		return orchestration.CallSubOrchestration[string](ctx, "Echo", "part", orchestration.WithInstanceID("part")).Await()
	}))
	registry.Add(orchestration.Orchestrator("Brittle", func(ctx *orchestration.Context, _ any) (int, error) {
		return orchestration.CallActivity[int](ctx, "Break", 1).Await()
	}))
	registry.Add(orchestration.Orchestrator("Typo", func(ctx *orchestration.Context, _ any) (int, error) {
		return orchestration.CallActivity[int](ctx, "Braek", 1).Await()
	}))
	registry.Add(orchestration.Activity("Break", func(context.Context, int) (int, error) {
		if !r.sound.Load() {
			return 0, errors.New("broken")
		}
		return 7, nil
	}))
	return registry
}

// work runs a worker until the test ends.
func (r *fixture) work(hub worker.Hub, registry *orchestration.Registry) {
	r.Helper()
	w, err := worker.New(hub, registry, worker.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(r, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.ctx))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	r.Cleanup(func() {
		cancel()
		require.NoError(r, <-done)
	})
}

// withKeys lets in who has one of these keys.
func withKeys(text string) func(*httpapi.Config) {
	return func(c *httpapi.Config) {
		keys, err := access.ParseKeys(text)
		if err != nil {
			panic(err)
		}
		c.Keys = keys
	}
}

// startThree starts one instance that lives, one that has completed and one that has failed.
func (r *fixture) startThree() {
	r.Helper()
	r.start("Echo", "hello", "done")
	r.ends("done")
	r.start("Brittle", nil, "failed")
	r.ends("failed")
	r.start("Gate", nil, "live")
	r.waits("live")
}

func (r *fixture) start(name string, input any, id string) {
	r.Helper()
	_, err := r.client.Start(r.ctx, name, input, client.WithInstanceID(id))
	require.NoError(r, err)
}

func (r *fixture) ends(id string) *client.Instance {
	r.Helper()
	i, err := r.client.Wait(r.ctx, id)
	require.NoError(r, err)
	return i
}

// waits returns when there is the instance and it waits for something.
func (r *fixture) waits(id string) {
	r.Helper()
	require.Eventually(r, func() bool {
		i, err := r.client.Get(r.ctx, id)
		return err == nil && i.Status == client.Running && len(i.Waits) > 0
	}, 10*time.Second, time.Millisecond)
}

// call is a request and the expected answer.
type call struct {
	name, method string
	// target is under the base of the API, or, beginning with a slash, the whole path.
	target string
	header map[string]string
	body   string
	status int
	want   string
	// wantHeader are headers that there are; empty for those that there are not.
	wantHeader map[string]string
}

func (c call) request() *http.Request {
	target := c.target
	if !strings.HasPrefix(target, "/") {
		target = base + "/" + target
	}
	request := httptest.NewRequest(c.method, target, strings.NewReader(c.body))
	request.Host = host
	for name, value := range c.header {
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(name, value)
	}
	return request
}

func (c call) over(ctx context.Context) *http.Request { return c.request().WithContext(ctx) }

func (r *fixture) send(c call) *httptest.ResponseRecorder {
	r.Helper()
	recorder := httptest.NewRecorder()
	request := c.over(r.ctx)
	r.api.ServeHTTP(recorder, request)
	requireDocumented(r, request, recorder.Code)
	return recorder
}

func (r *fixture) try(c call) {
	r.Helper()
	answer := r.send(c)
	require.Equal(r, c.status, answer.Code, "%s %s: %s", c.method, c.target, answer.Body)
	require.Equal(r, c.want, timeless(strings.TrimSuffix(answer.Body.String(), "\n")))
	for name, value := range c.wantHeader {
		require.Equal(r, value, answer.Header().Get(name), name)
	}
	if c.want != "" {
		require.Equal(r, "application/json; charset=utf-8", answer.Header().Get("Content-Type"))
	}
	require.NotEmpty(r, answer.Header().Get("X-Request-Id"))
}

// tryAll makes the calls one after the other.
func tryAll(t *testing.T, r *fixture, calls []call) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			inner := &fixture{TB: t, ctx: r.ctx, client: r.client, api: r.api, log: r.log}
			inner.try(c)
		})
	}
}

var (
	moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z`)
	times   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
)

// timeless replaces what differs each time.
func timeless(text string) string {
	return times.ReplaceAllString(moments.ReplaceAllString(text, "MOMENT"), "TIME")
}
