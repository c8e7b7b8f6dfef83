package worker_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// atOnce makes failed messages come again soon.
var atOnce = worker.WithRetryPause(time.Millisecond, 2*time.Millisecond)

// serve runs a worker whose function of queue "q" is fn.
func serve[T any](s *fixture, fn func(context.Context, *worker.QueueMessage, T) error, options ...worker.QueueOption) (stop func()) {
	s.Helper()
	_, stop = s.launch(s.hub, worker.Config{CacheSize: s.cache, Queues: onQ(fn, options...)})
	return stop
}

func onQ[T any](fn func(context.Context, *worker.QueueMessage, T) error, options ...worker.QueueOption) *worker.Queues {
	var queues worker.Queues
	worker.OnQueue(&queues, "q", fn, append([]worker.QueueOption{atOnce}, options...)...)
	return &queues
}

func (s *fixture) send(body any, opts ...client.SendOption) {
	s.Helper()
	require.NoError(s, s.client.Queues().Send(s.ctx, "q", body, opts...))
}

// poison waits until there are so many messages in the poison queue, and nothing is
// left in the queue.
func (s *fixture) poison(want int) []client.QueueMessage {
	s.Helper()
	var found []client.QueueMessage
	require.Eventually(s, func() bool {
		var err error
		found, err = s.client.Queues().PeekPoison(s.ctx, "q", 0, 100)
		require.NoError(s, err)
		return len(found) == want
	}, patience, time.Millisecond)
	s.empty("q")
	return found
}

// empty waits until nobody has to deal with anything in the queue.
func (s *fixture) empty(queue string) {
	s.Helper()
	require.Eventually(s, func() bool {
		n, err := s.hub.QueueLength(s.ctx, queue)
		require.NoError(s, err)
		return n == 0
	}, patience, time.Millisecond)
}

// both runs a scenario in memory and on NATS.
func both(t *testing.T, scenario func(*fixture)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T) testHub{"memory": inMemory, "NATS": onNATS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(newFixture(t, open(t), examples.Register))
		})
	}
}

// next takes the next from a channel.
func next[T any](s *fixture, from <-chan T) T {
	s.Helper()
	select {
	case v := <-from:
		return v
	case <-s.ctx.Done():
		s.Fatal("waited too long")
		panic("unreachable")
	}
}

type order struct {
	Number int    `json:"number"`
	Whose  string `json:"whose"`
}

func TestQueueMessageArrivesTyped(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		type arrival struct {
			worker.QueueMessage
			order order
		}
		came := make(chan arrival, 10)
		serve(s, func(_ context.Context, m *worker.QueueMessage, o order) error {
			came <- arrival{*m, o}
			return nil
		})
		s.send(order{17, "Ann"}, client.WithMessageID("order-17"))
		a := next(s, came)
		require.Equal(s, order{17, "Ann"}, a.order)
		require.Equal(s, "q", a.Queue)
		require.Equal(s, "order-17", a.ID)
		require.JSONEq(s, `{"number":17,"whose":"Ann"}`, string(a.Body))
		require.Equal(s, 1, a.Delivery)
		require.Equal(s, 5, a.MaxDeliveries)
		require.WithinRange(s, a.Sent, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		_, err := a.Client.Get(s.ctx, "nobody")
		require.ErrorIs(s, err, client.ErrInstanceNotFound)
		s.empty("q")
	})
}

func TestScenario4ApprovalQueueProcessor(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		var queues worker.Queues
		examples.RegisterQueues(&queues)
		s.launch(s.hub, worker.Config{Queues: &queues})
		for n, body := range []any{[]byte("plain"), "json", []byte("line\n")} {
			id := []string{"plain", "json", "line"}[n]
			s.start("BudgetApproval", examples.Budget{Amount: 5}, id)
			require.NoError(s, s.client.Queues().Send(s.ctx, examples.ApprovalQueue, body))
			i := s.completes(id, `"spent 5.00"`)
			require.NotEmpty(s, i.ID)
		}
		require.NoError(s, s.client.Queues().Send(s.ctx, examples.ApprovalQueue, "plain"))
		s.empty(examples.ApprovalQueue)
		require.NoError(s, s.client.Queues().Send(s.ctx, examples.ApprovalQueue, "not/an/id"))
		require.Eventually(s, func() bool {
			found, err := s.client.Queues().PeekPoison(s.ctx, examples.ApprovalQueue, 0, 10)
			require.NoError(s, err)
			return len(found) == 1 && strings.Contains(found[0].Poison.Reason, "invalid name") && found[0].Poison.Deliveries == 1
		}, patience, time.Millisecond, "only what can never be an id is poisoned, and at once")
	})
}

// One message, delivered twice, raises one event.
func TestQueueMessageIDMakesOneEvent(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		serve(s, func(ctx context.Context, m *worker.QueueMessage, id string) error {
			if err := m.Client.Raise(ctx, id, "Note", m.Delivery, client.WithEventID(m.ID)); err != nil {
				return err
			}
			if m.Delivery < 3 {
				return errors.New("raised, but not known to be")
			}
			return nil
		})
		s.start("BudgetApproval", examples.Budget{}, "b")
		s.send("b")
		s.send("b")
		s.empty("q")
		s.raise("b", "Approval", "true")
		s.completes("b", `"spent 0.00"`)
		events, err := s.client.History(s.ctx, "b")
		require.NoError(s, err)
		notes := 0
		for _, e := range events {
			if e.Name == "Note" {
				notes++
			}
		}
		require.Equal(s, 2, notes)
	})
}

func TestQueueRetries(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		deliveries := make(chan int, 10)
		serve(s, func(ctx context.Context, m *worker.QueueMessage, _ string) error {
			if _, isActivity := orchestration.ActivityInfoFrom(ctx); isActivity || orchestration.Heartbeat(ctx, 1) == nil {
				panic("a function that a queue triggers is no activity")
			}
			deliveries <- m.Delivery
			switch m.Delivery {
			case 1:
				return errors.New("not yet")
			case 2:
				panic("oh")
			case 3:
				runtime.Goexit()
			}
			return nil
		})
		s.send("a")
		for n := range 4 {
			require.Equal(s, n+1, next(s, deliveries))
		}
		s.poison(0)
	})
}

func TestQueuePoisonAfterFiveDeliveries(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		var mended atomic.Bool
		var deliveries atomic.Int32
		ids := make(chan string, 10)
		serve(s, func(_ context.Context, m *worker.QueueMessage, body string) error {
			if mended.Load() {
				ids <- fmt.Sprint(m.ID, " ", m.Delivery, " ", body)
				return nil
			}
			deliveries.Add(1)
			panic("boom")
		})
		s.send([]byte("b\u00e4d"), client.WithMessageID("x"))
		found := s.poison(1)
		require.EqualValues(s, 5, deliveries.Load())
		require.Equal(s, "panic: boom", found[0].Poison.Reason)
		require.Equal(s, 5, found[0].Poison.Deliveries)
		require.Equal(s, "x", found[0].ID)

		mended.Store(true)
		n, err := s.client.Queues().RedrivePoison(s.ctx, "q")
		require.NoError(s, err)
		require.Equal(s, 1, n)
		require.Equal(s, "x 1 b\u00e4d", next(s, ids))
		s.poison(0)
		_, err = s.client.Queues().RedrivePoison(s.ctx, "q", found[0].Seq)
		require.ErrorIs(s, err, client.ErrNotPoisoned)
	})
}

func TestQueuePoisonAtOnce(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		serve(s, func(_ context.Context, _ *worker.QueueMessage, o order) error {
			return orchestration.NonRetryable(fmt.Errorf("no order %d", o.Number))
		})
		s.send([]byte("{not JSON"))
		found := s.poison(1)
		require.Equal(s, 1, found[0].Poison.Deliveries)
		require.Contains(s, found[0].Poison.Reason, "message {not JSON cannot be read as worker_test.order: ")
		s.send(order{Number: 3})
		found = s.poison(2)
		require.Equal(s, 1, found[1].Poison.Deliveries)
		require.Contains(s, found[1].Poison.Reason, "no order 3")
	})
}

func TestQueueConcurrency(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		const limit, total = 3, 12
		var atWork, most atomic.Int32
		begun, release := make(chan struct{}, total), make(chan struct{})
		serve(s, func(ctx context.Context, _ *worker.QueueMessage, _ orchestration.None) error {
			n := atWork.Add(1)
			defer atWork.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			begun <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
			}
			return nil
		}, worker.WithConcurrency(limit))
		for range total {
			s.send(nil)
		}
		for range limit {
			next(s, begun)
		}
		close(release)
		s.poison(0)
		require.EqualValues(s, limit, most.Load())
	})
}
