package worker_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

func TestQueueRegistrations(t *testing.T) {
	t.Parallel()
	noop := func(context.Context, *worker.QueueMessage, string) error { return nil }
	for want, register := range map[string]func(*worker.Queues){
		`queue "a" has two functions`: func(q *worker.Queues) {
			worker.OnQueue(q, "a", noop)
			worker.OnQueue(q, "a", noop)
		},
		`queue name is empty`:               func(q *worker.Queues) { worker.OnQueue(q, "", noop) },
		`queue "a": the function is nil`:    func(q *worker.Queues) { worker.OnQueue[string](q, "a", nil) },
		`queue "a": concurrency 0, must be`: func(q *worker.Queues) { worker.OnQueue(q, "a", noop, worker.WithConcurrency(0)) },
		`queue "a": 0 deliveries, must be`:  func(q *worker.Queues) { worker.OnQueue(q, "a", noop, worker.WithMaxDeliveries(0)) },
		`queue "a": pauses from 1s to 1ms, must `: func(q *worker.Queues) {
			worker.OnQueue(q, "a", noop, worker.WithRetryPause(time.Second, time.Millisecond))
		},
	} {
		var queues worker.Queues
		register(&queues)
		require.ErrorContains(t, queues.Err(), want)
		_, err := worker.New(memhub.New(memhub.Config{}), &orchestration.Registry{}, worker.Config{Queues: &queues})
		require.ErrorContains(t, err, want)
	}
	var queues worker.Queues
	worker.OnQueue(&queues, "b", noop)
	worker.OnQueue(&queues, "a", noop)
	require.Equal(t, []string{"a", "b"}, queues.Names())
	_, err := worker.New(memhub.New(memhub.Config{}), &orchestration.Registry{}, worker.Config{Queues: &queues})
	require.NoError(t, err, "queues alone are enough")
	_, err = worker.New(noClient{memhub.New(memhub.Config{})}, &orchestration.Registry{}, worker.Config{Queues: &queues})
	require.ErrorContains(t, err, `the function of queue "a" can have no client`)
}

// noClient is a hub that is none for clients.
type noClient struct{ worker.Hub }
