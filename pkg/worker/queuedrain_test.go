package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// A worker that stops lets the function finish; one that does not finish in time is cut
// off, and its message is given back.
func TestQueueDrain(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		begun, release := make(chan context.Context, 1), make(chan struct{})
		stop := serve(s, func(ctx context.Context, _ *worker.QueueMessage, _ string) error {
			begun <- ctx
			<-release
			return ctx.Err()
		})
		s.send("a")
		next(s, begun)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			stop()
		}()
		close(release)
		next(s, stopped)
		s.poison(0)

		_, stop = s.launch(s.hub, worker.Config{DrainTimeout: time.Millisecond, Queues: onQ(
			func(ctx context.Context, _ *worker.QueueMessage, _ string) error {
				begun <- ctx
				<-ctx.Done()
				return ctx.Err()
			}, worker.WithMaxDeliveries(1))})
		s.send("b")
		next(s, begun)
		stop()
		require.Empty(s, s.poison0(), "cut off is not failed")
		came := make(chan string, 1)
		serve(s, func(_ context.Context, _ *worker.QueueMessage, body string) error {
			came <- body
			return nil
		})
		require.Equal(s, "b", next(s, came))
	})
}

// Rolling restarts are no fault of a message: however often it is given back, that does
// not count, be it at its first delivery or after a failure.
func TestQueueMessageOutlivesRollingRestarts(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		begun, fails := make(chan int), make(chan bool)
		config := worker.Config{DrainTimeout: time.Millisecond, Queues: onQ(
			func(ctx context.Context, m *worker.QueueMessage, _ string) error {
				begun <- m.Delivery
				if <-fails {
					return errors.New("failed")
				}
				<-ctx.Done()
				return ctx.Err()
			}, worker.WithMaxDeliveries(3))}
		run := func(delivery int, fail bool) {
			s.Helper()
			require.Equal(s, delivery, next(s, begun))
			fails <- fail
		}
		restarts := func(delivery int) {
			s.Helper()
			for range 4 {
				_, stop := s.launch(s.hub, config)
				run(delivery, false)
				stop()
			}
		}
		s.send("a")
		restarts(1)
		_, stop := s.launch(s.hub, config)
		run(1, true)
		run(2, false)
		stop()
		restarts(2)
		s.launch(s.hub, config)
		run(2, true)
		run(3, true)
		require.Equal(s, 3, s.poison(1)[0].Poison.Deliveries)
	})
}

// poison0 returns what is in the poison queue now.
func (s *fixture) poison0() []client.QueueMessage {
	s.Helper()
	found, err := s.client.Queues().PeekPoison(s.ctx, "q", 0, 100)
	require.NoError(s, err)
	return found
}

// A message that kills its worker each time is not given to one more.
func TestQueueMessageThatKillsItsWorker(t *testing.T) {
	t.Parallel()
	m := memhub.New(memhub.Config{})
	s := newFixture(t, m, examples.Register)
	s.send("a")
	for range 5 {
		faults := hubfaults.New(m)
		var queues worker.Queues
		worker.OnQueue(&queues, "q", func(ctx context.Context, _ *worker.QueueMessage, _ string) error {
			faults.Kill()
			return nil
		})
		_, stop := s.launch(dying{faults, memory{m}}, worker.Config{Queues: &queues})
		next(s, faults.Killed())
		stop()
		faults.Wait()
		m.Redeliver()
	}
	serve(s, func(context.Context, *worker.QueueMessage, string) error {
		t.Error("it is handed out once more")
		return nil
	})
	found := s.poison(1)
	require.Equal(t, 5, found[0].Poison.Deliveries)
	require.Equal(t, "no worker came to an end with it", found[0].Poison.Reason)
}

// dying is a hub with faults that is one for clients, too.
type dying struct {
	*hubfaults.Hub
	memory
}

// memory has what faults have not.
type memory struct{ *memhub.Hub }
