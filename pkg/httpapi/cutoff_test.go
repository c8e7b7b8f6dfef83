package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// slowLine is a listener that takes in a status only when it is let.
type slowLine struct {
	*httptest.ResponseRecorder
	entered, leave chan struct{}
}

func (w *slowLine) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "event: status") {
		w.entered <- struct{}{}
		<-w.leave
	}
	return w.ResponseRecorder.Write(p)
}

func (w *slowLine) Flush() {}

// When the API closes a stream just ends: that the instance has ended is not said.
func TestStreamOfALiveInstanceSaysNoEnd(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	for n := range 20 {
		id := fmt.Sprint("live", n)
		r.start("Gate", nil, id)
		r.waits(id)
	}
	lines := make([]*slowLine, 20)
	done := make(chan struct{}, len(lines))
	for n := range lines {
		lines[n] = &slowLine{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
		go func() {
			r.api.ServeHTTP(lines[n], call{method: "GET", target: fmt.Sprint("instances/live", n, "/events")}.over(r.ctx))
			done <- struct{}{}
		}()
		<-lines[n].entered
	}
	r.api.Close()
	for _, line := range lines {
		close(line.leave)
	}
	for range lines {
		<-done
	}
	for _, line := range lines {
		require.Contains(t, line.Body.String(), "event: status")
		require.NotContains(t, line.Body.String(), "event: end")
	}
}

// A caller that announces a body and does not send it is cut off, even on a route that takes
// no body.
func TestBodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	server, _ := r.serve(httpapi.ServerConfig{ReadTimeout: 200 * time.Millisecond})
	for _, what := range []string{"GET " + base + "/instances/live/events", "DELETE " + base + "/instances?createdTimeFrom=2020-01-01",
		"POST " + base + "/orchestrators/Gate", "POST " + base + "/instances/live/raiseEvent/Approval", "POST " + base + "/instances/live/terminate"} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
		require.NoError(t, err)
		defer connection.Close()
		_, err = fmt.Fprintf(connection, "%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\n", what, host)
		require.NoError(t, err)
		require.NoError(t, connection.SetReadDeadline(time.Now().Add(20*time.Second)))
		answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
		require.NoError(t, err, what)
		require.Equal(t, http.StatusRequestTimeout, answer.StatusCode, what)
		require.NoError(t, answer.Body.Close())
		_, err = io.Copy(io.Discard, connection)
		require.NoError(t, err, "the connection is closed")
	}
}

// lateHub says that an event is stored only when the caller's time is over, and the
// instance has ended by it.
type lateHub struct {
	*memhub.Hub
	ended func(ctx context.Context, id string)
}

func (h *lateHub) Ask(ctx context.Context, m hub.Message) (uint64, <-chan history.Outcome, error) {
	if _, _, err := h.Hub.Ask(ctx, m); err != nil {
		return 0, nil, err
	}
	h.ended(context.WithoutCancel(ctx), m.Instance)
	<-ctx.Done()
	return 0, nil, ctx.Err()
}

// An event that has ended its instance before anybody knew of it was not discarded.
func TestWaitThatEndsWhenTheInstanceHas(t *testing.T) {
	t.Parallel()
	memory := memhub.New(memhub.Config{})
	plain := client.New(memory)
	hub := &lateHub{memory, func(ctx context.Context, id string) { _, _ = plain.Wait(ctx, id) }}
	r := newFixture(t, func(c *httpapi.Config) { c.Hubs["default"] = client.New(hub) })
	registry := r.registry()
	require.NoError(t, memory.Register(r.ctx, registry.Orchestrators()))
	r.work(memory, registry)
	r.client = plain
	r.start("Gate", nil, "g")
	r.waits("g")
	r.try(call{method: "POST", target: "instances/g/raiseEvent/Approval?wait=0.2", header: jsonType, body: "true", status: 202, want: `{"outcome":null}`})
	require.Equal(t, "true", string(r.ends("g").Output))
}

// endlessHub does not come to the end of a scan.
type endlessHub struct {
	*memhub.Hub
	scanning chan struct{}
}

func (h *endlessHub) Scan(ctx context.Context, _ uint64, _ func(history.Summary) bool) error {
	close(h.scanning)
	<-ctx.Done()
	return ctx.Err()
}

func TestPurgeWhileTheAPICloses(t *testing.T) {
	t.Parallel()
	hub := &endlessHub{memhub.New(memhub.Config{}), make(chan struct{})}
	r := newFixture(t, func(c *httpapi.Config) { c.Hubs["default"] = client.New(hub) })
	go func() {
		<-hub.scanning
		r.api.Close()
	}()
	require.Equal(t, http.StatusGatewayTimeout, r.send(call{method: "DELETE", target: "instances?createdTimeFrom=2020-01-01"}).Code)
}
