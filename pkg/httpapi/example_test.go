package httpapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// An API is an http.Handler, to be served by itself or as a part of a larger program.
func ExampleNew() {
	hub := memhub.New(memhub.Config{}) // in production: jetstream.OpenExisting
	defer serveGreetings(hub)()
	keys, err := access.ParseKeys("portal s6Qe2LhVf9oA4cYtM8pG start,raise")
	if err != nil {
		panic(err)
	}
	api, err := httpapi.New(httpapi.Config{
		Hubs:   map[string]*client.Client{"default": client.New(hub)},
		Keys:   keys,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	defer api.Close()

	post := func(path, body string) {
		request := httptest.NewRequest(http.MethodPost, "/runtime/webhooks/durabletask/"+path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Functions-Key", "s6Qe2LhVf9oA4cYtM8pG")
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, request)
		fmt.Println(answer.Code, strings.TrimSpace(answer.Body.String()))
	}
	post("orchestrators/Greet/g1?timeout=10", `"Ada"`)
	post("instances/g1/raiseEvent/Name", `"Ada"`)
	post("instances/g1/terminate", ``)
	// Output:
	// 200 "Hello, Ada"
	// 410 {"Message":"instance has ended: \"g1\" is Completed"}
	// 403 {"Message":"this key is not for that: it needs the scope all on hub \"default\""}
}

// serveGreetings runs a worker until the function that it returns is called.
func serveGreetings(hub worker.Hub) (stop func()) {
	var registry orchestration.Registry
	registry.Add(orchestration.Orchestrator("Greet", func(_ *orchestration.Context, name string) (string, error) {
		return "Hello, " + name, nil
	}))
	ctx := context.Background()
	w, err := worker.Start(ctx, hub, &registry, worker.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	return func() { _ = w.Stop(ctx) }
}
