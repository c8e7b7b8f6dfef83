package dispatcher_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

const add = orchestration.Event[int]("Add")

// sum adds events up, a generation for each 64, until one is negative.
func sum(ctx *orchestration.Context, n int) (int, error) {
	for {
		v, err := add.Wait(ctx).Await()
		if err != nil || v < 0 {
			return n, err
		}
		if n += v; n%64 == 0 {
			return n, ctx.ContinueAsNew(n)
		}
	}
}

// BenchmarkEvents is 64 instances on a hub in memory, each started, told 201 events one
// after another, and waited for.
func BenchmarkEvents(b *testing.B) {
	ctx, stop := context.WithCancel(context.Background())
	h := memhub.New(memhub.Config{})
	var registry orchestration.Registry
	registry.Add(orchestration.Orchestrator("Sum", sum))
	w, err := worker.New(h, &registry, worker.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	require.NoError(b, w.Prepare(ctx))
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	c := client.New(h)
	b.ReportAllocs()
	for b.Loop() {
		var told sync.WaitGroup
		for i := range 64 {
			told.Go(func() { require.NoError(b, tell(ctx, c, fmt.Sprintf("i%d", i))) })
		}
		told.Wait()
	}
	stop()
	require.NoError(b, <-ended)
}

func tell(ctx context.Context, c *client.Client, id string) error {
	if _, err := c.Start(ctx, "Sum", 0, client.WithInstanceID(id)); err != nil {
		return err
	}
	for range 200 {
		if err := c.Raise(ctx, id, "Add", 1); err != nil {
			return err
		}
	}
	if err := c.Raise(ctx, id, "Add", -1); err != nil {
		return err
	}
	_, err := c.Wait(ctx, id)
	return err
}
