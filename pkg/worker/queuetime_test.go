package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// inTime runs a worker for queue "q" where the clock moves only when all wait for it.
func inTime(t *testing.T, fn func(context.Context, *worker.QueueMessage, string) error,
	script func(*testing.T, *worker.Worker, *client.Client), options ...worker.QueueOption,
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		memory := memhub.New(memhub.Config{})
		var queues worker.Queues
		worker.OnQueue(&queues, "q", fn, options...)
		w, err := worker.New(memory, &orchestration.Registry{}, worker.Config{Queues: &queues, Logger: quiet()})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		script(t, w, client.New(memory))
		cancel()
		require.NoError(t, <-done)
	})
}

// The pauses after failed deliveries are twice as long each time.
func TestQueueRetryPauses(t *testing.T) {
	t.Parallel()
	var at []time.Time
	inTime(t, func(context.Context, *worker.QueueMessage, string) error {
		at = append(at, time.Now())
		return errors.New("no")
	}, func(t *testing.T, _ *worker.Worker, c *client.Client) {
		require.NoError(t, c.Queues().Send(t.Context(), "q", "a"))
		time.Sleep(time.Hour)
		found, err := c.Queues().PeekPoison(t.Context(), "q", 0, 10)
		require.NoError(t, err)
		require.Len(t, found, 1)
	}, worker.WithMaxDeliveries(9))
	var pauses []time.Duration
	for n := 1; n < len(at); n++ {
		pauses = append(pauses, at[n].Sub(at[n-1]))
	}
	const s = time.Second
	require.Equal(t, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s}, pauses)
}

// A function may take as long as it needs: its message is not given to another.
func TestQueueMessageIsKeptAlive(t *testing.T) {
	t.Parallel()
	deliveries := 0
	inTime(t, func(context.Context, *worker.QueueMessage, string) error {
		deliveries++
		time.Sleep(time.Hour)
		return nil
	}, func(t *testing.T, _ *worker.Worker, c *client.Client) {
		require.NoError(t, c.Queues().Send(t.Context(), "q", "a"))
		time.Sleep(2 * time.Hour)
		states, err := c.Queues().List(t.Context())
		require.NoError(t, err)
		require.Empty(t, states)
	})
	require.Equal(t, 1, deliveries)
}

// A message that waits for its next delivery keeps the worker from being idle; one in
// the poison queue does not.
func TestIdleForIsZeroWhileMessagesWait(t *testing.T) {
	t.Parallel()
	inTime(t, func(context.Context, *worker.QueueMessage, string) error { return errors.New("no") },
		func(t *testing.T, w *worker.Worker, c *client.Client) {
			require.Zero(t, w.IdleFor(), "nobody has looked yet")
			time.Sleep(time.Minute)
			require.Positive(t, w.IdleFor())

			require.NoError(t, c.Queues().Send(t.Context(), "q", "a"))
			time.Sleep(time.Minute)
			require.Zero(t, w.IdleFor())
			time.Sleep(time.Hour)
			require.Zero(t, w.IdleFor())
			time.Sleep(2 * time.Hour)
			require.Positive(t, w.IdleFor())
			found, err := c.Queues().PeekPoison(t.Context(), "q", 0, 10)
			require.NoError(t, err)
			require.Len(t, found, 1)
		}, worker.WithMaxDeliveries(2), worker.WithRetryPause(2*time.Hour, 2*time.Hour))
}
