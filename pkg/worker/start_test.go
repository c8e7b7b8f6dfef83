package worker_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// A started worker has registered what it runs; a stopped one has finished, and can be
// stopped again.
func TestStartAndStop(t *testing.T) {
	t.Parallel()
	hub, err := jetstream.OpenEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer hub.Close()
	var registry orchestration.Registry
	registry.Add(orchestration.Orchestrator("Echo", func(_ *orchestration.Context, text string) (string, error) { return text, nil }))
	w, err := worker.Start(t.Context(), hub, &registry, worker.Config{Logger: quiet()})
	require.NoError(t, err)

	c := client.New(hub)
	id, err := c.Start(t.Context(), "Echo", "hello")
	require.NoError(t, err)
	instance, err := c.Wait(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, `"hello"`, string(instance.Output))

	select {
	case <-w.Done():
		t.Fatal("it has stopped by itself")
	default:
	}
	require.NoError(t, w.Stop(t.Context()))
	<-w.Done()
	require.NoError(t, w.Stop(t.Context()))
}

// A worker stops when its context ends, and one whose registry is empty does not start.
func TestStartStopsWithItsContext(t *testing.T) {
	t.Parallel()
	hub, err := jetstream.OpenEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer hub.Close()
	_, err = worker.Start(t.Context(), hub, &orchestration.Registry{}, worker.Config{})
	require.ErrorContains(t, err, "nothing is registered")

	var registry orchestration.Registry
	registry.Add(orchestration.Activity("Nothing", func(context.Context, orchestration.None) (orchestration.None, error) {
		return orchestration.None{}, nil
	}))
	ctx, cancel := context.WithCancel(t.Context())
	w, err := worker.Start(ctx, hub, &registry, worker.Config{Logger: quiet()})
	require.NoError(t, err)
	cancel()
	<-w.Done()
	require.NoError(t, w.Stop(t.Context()))
}
