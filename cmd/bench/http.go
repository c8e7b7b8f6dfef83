package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

type gathered struct {
	Items int `json:"items"`
}

// gather counts events until one is negative, and checks that each is one more than the one
// before.
func gather(ctx *orchestration.Context, so gathered) (int, error) {
	for range 200 {
		item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
		switch {
		case err != nil:
			return 0, err
		case item < 0:
			return so.Items, nil
		case item != so.Items:
			return 0, fmt.Errorf("event %d came where %d was to come", item, so.Items)
		}
		so.Items++
	}
	return 0, ctx.ContinueAsNew(so)
}

// benchHTTP lets callers raise events through HTTP, each on an instance of its own, as fast as
// they are answered. At the end it checks that all events have arrived.
func benchHTTP(ctx context.Context, out io.Writer, callers int, lasts time.Duration) error {
	r, err := newSetup(ctx, 0, func(string, *record.InstanceRecord) {})
	if err != nil {
		return err
	}
	defer r.Close()
	root, err := r.serveHTTP()
	if err != nil {
		return err
	}
	for n := range callers {
		if _, err := r.client.Start(ctx, "Gather", gathered{}, client.WithInstanceID(instanceID(n))); err != nil {
			return err
		}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	defer transport.CloseIdleConnections()
	crowd := &crowd{visitor: &http.Client{Transport: transport, Timeout: time.Minute}, root: root, until: time.Now().Add(lasts)}
	begun := time.Now()
	crowd.run(ctx, callers)
	took := time.Since(begun)
	if crowd.err != nil {
		return crowd.err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Fprintf(out, "%d callers, %.1f s: %d events, %.0f/s, heap %.0f MB\nanswered: %s\n",
		callers, took.Seconds(), len(crowd.answers), float64(len(crowd.answers))/took.Seconds(),
		float64(memory.HeapAlloc)/1e6, percentiles(crowd.answers))
	return r.allCame(ctx, out, crowd.raised)
}

// serveHTTP serves the HTTP API until the setup is closed, and returns its URL.
func (r *setup) serveHTTP() (string, error) {
	api, err := httpapi.New(httpapi.Config{Hubs: map[string]*client.Client{"bench": r.client}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", err
	}
	server, err := httpapi.Listen(httpapi.ServerConfig{Address: "127.0.0.1:0", API: api})
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Run(ctx)
	}()
	r.OnClose(func() {
		stop()
		<-ended
	})
	return server.URL() + access.Base, nil
}

// allCame ends the instances and compares the events that they took in with those that were
// raised.
func (r *setup) allCame(ctx context.Context, out io.Writer, raised map[int]int) error {
	total := 0
	for n, want := range raised {
		if err := r.client.Raise(ctx, instanceID(n), "Item", -1); err != nil {
			return err
		}
		i, err := r.client.Wait(ctx, instanceID(n))
		if err != nil {
			return err
		}
		var got int
		if err := json.Unmarshal(i.Output, &got); err != nil || got != want {
			return fmt.Errorf("instance %s: %d events were raised, it took in %s: %s", i.ID, want, i.Output, i.Status)
		}
		total += got
	}
	fmt.Fprintf(out, "all %d were taken in, once, in order\n", total)
	return nil
}

// crowd is callers that raise events.
type crowd struct {
	visitor *http.Client
	root    string
	until   time.Time

	mu      sync.Mutex
	answers []time.Duration
	raised  map[int]int
	err     error
}

func (c *crowd) run(ctx context.Context, callers int) {
	c.raised = map[int]int{}
	var group sync.WaitGroup
	for n := range callers {
		group.Go(func() {
			answers, err := c.raise(ctx, n)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.answers = append(c.answers, answers...)
			c.raised[n] = len(answers)
			c.err = errors.Join(c.err, err)
		})
	}
	group.Wait()
}

// raise raises events until the time is over, and returns how long each took.
func (c *crowd) raise(ctx context.Context, n int) ([]time.Duration, error) {
	var answers []time.Duration
	url := c.root + "/instances/" + instanceID(n) + "/raiseEvent/Item"
	for time.Now().Before(c.until) {
		begun := time.Now()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(fmt.Sprint(len(answers))))
		if err != nil {
			return answers, err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := c.visitor.Do(request)
		if err != nil {
			return answers, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusAccepted {
			return answers, fmt.Errorf("event %d of %s: %s", len(answers), instanceID(n), response.Status)
		}
		answers = append(answers, time.Since(begun))
	}
	return answers, nil
}
