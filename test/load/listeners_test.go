package load

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// TestListeners lets 3,000 listen at a time by way of HTTP, each on a connection of its own.
func TestListeners(t *testing.T) {
	s := newFixture(t)
	listeners, instances := size(3000), size(300)
	api, err := httpapi.New(httpapi.Config{
		Hubs: map[string]*client.Client{"default": s.client}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	server, err := httpapi.Listen(httpapi.ServerConfig{Address: "127.0.0.1:0", API: api})
	require.NoError(t, err)
	serving, stop := context.WithCancel(s.ctx)
	served := make(chan error, 1)
	go func() { served <- server.Run(serving) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-served)
	})
	s.each(instances, func(i int) error {
		_, err := s.client.Start(s.ctx, "Gate", nil, client.WithInstanceID(id(i)))
		return err
	})

	began := time.Now()
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	streams := make([]*bufio.Scanner, listeners)
	s.each(listeners, func(i int) error {
		request, err := http.NewRequestWithContext(s.ctx, http.MethodGet,
			server.URL()+"/runtime/webhooks/durabletask/instances/"+id(i%instances)+"/events", http.NoBody)
		if err != nil {
			return err
		}
		answer, err := browser.Do(request)
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		require.Equal(t, http.StatusOK, answer.StatusCode)
		streams[i] = bufio.NewScanner(answer.Body)
		streams[i].Scan() // the first line of the first event
		return nil
	})
	t.Logf("%d listen after %v", listeners, time.Since(began))
	require.Zero(t, s.consumers())

	// Others are served meanwhile.
	answer, err := browser.Get(server.URL() + "/runtime/webhooks/durabletask/instances/" + id(0))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusAccepted, answer.StatusCode)

	began = time.Now()
	s.each(instances, func(i int) error { return s.client.Raise(s.ctx, id(i), "Approval", true) })
	var told sync.WaitGroup
	ends := make([]bool, listeners)
	for i, stream := range streams {
		told.Go(func() {
			for stream.Scan() {
				ends[i] = ends[i] || strings.Contains(stream.Text(), `"runtimeStatus":"Completed"`)
			}
		})
	}
	told.Wait()
	require.NotContains(t, ends, false)
	t.Logf("all were told of the end in %v", time.Since(began))
}
