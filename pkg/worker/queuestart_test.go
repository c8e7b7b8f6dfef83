package worker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// payments is an orchestrator that pays, and a count of what it has paid.
type payments struct{ paid atomic.Int64 }

func (p *payments) register(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Pay", func(ctx *orchestration.Context, o order) (string, error) {
		return orchestration.CallActivity[string](ctx, "Charge", o.Whose).Await()
	}))
	r.Add(orchestration.Activity("Charge", func(_ context.Context, whose string) (string, error) {
		p.paid.Add(1)
		return whose, nil
	}))
}

// A message is delivered twice more after the instance that it started has completed. As
// docs/queues.md says, that is one payment.
func TestQueueMessagePaysOnce(t *testing.T) {
	t.Parallel()
	recipes := map[string]func(context.Context, *worker.QueueMessage, order) (string, error){
		"by the message": func(ctx context.Context, m *worker.QueueMessage, o order) (string, error) {
			return m.Start(ctx, "Pay", o)
		},
		"by the message with an id": func(ctx context.Context, m *worker.QueueMessage, o order) (string, error) {
			return m.Start(ctx, "Pay", o, client.WithInstanceID("pay-"+m.ID))
		},
		"by an id that is never used again": func(ctx context.Context, m *worker.QueueMessage, o order) (string, error) {
			id := "pay-" + m.ID
			_, err := m.Client.Start(ctx, "Pay", o, client.WithInstanceID(id), client.WithIDReuse(client.NeverReuse))
			if errors.Is(err, client.ErrInstanceExists) {
				err = nil
			}
			return id, err
		},
	}
	for recipe, start := range recipes {
		for name, open := range map[string]func(*testing.T) testHub{"memory": inMemory, "NATS": onNATS} {
			t.Run(recipe+"/"+name, func(t *testing.T) {
				t.Parallel()
				var p payments
				s := newFixture(t, open(t), p.register)
				serve(s, func(ctx context.Context, m *worker.QueueMessage, o order) error {
					id, err := start(ctx, m, o)
					if err != nil {
						return err
					}
					if _, err := m.Client.Wait(ctx, id); err != nil {
						return err
					}
					if m.Delivery <= 2 {
						return errors.New("paid, but not known to be")
					}
					return nil
				})
				s.send(order{17, "Ann"}, client.WithMessageID("m"))
				s.send(order{18, "Bob"}, client.WithMessageID("n"))
				s.empty("q")
				require.EqualValues(s, 2, p.paid.Load(), "one payment a message")
				s.poison(0)
			})
		}
	}
}

// Two queues may have messages of the same id.
func TestQueueMessagesOfTwoQueuesStartTwoInstances(t *testing.T) {
	t.Parallel()
	var p payments
	s := newFixture(t, inMemory(t), p.register)
	one := worker.QueueMessage{Client: s.client, Queue: "a", ID: "m"}
	other := worker.QueueMessage{Client: s.client, Queue: "b", ID: "m"}
	first, err := one.Start(s.ctx, "Pay", order{})
	require.NoError(t, err)
	again, err := one.Start(s.ctx, "Pay", order{})
	require.NoError(t, err)
	require.Equal(t, first, again)
	second, err := other.Start(s.ctx, "Pay", order{})
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	_, err = one.Start(s.ctx, "Pay", order{Number: 1})
	require.ErrorIs(t, err, client.ErrIdempotencyKeyUsed)
}
