package worker_test

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// A message in a queue triggers a function, which approves the order that the message
// names. However often the message is delivered, that is one event.
func ExampleOnQueue() {
	hub := memhub.New(memhub.Config{}) // jetstream.Open, for one that lasts

	var registry orchestration.Registry
	registry.Add(Order, Ship)
	var queues worker.Queues
	worker.OnQueue(&queues, "approvals", func(ctx context.Context, m *worker.QueueMessage, order string) error {
		return client.Raise(ctx, m.Client, order, Approval, true, client.WithEventID(m.ID))
	})
	ctx := context.Background()
	w := must(worker.Start(ctx, hub, &registry, worker.Config{Queues: &queues}))
	defer w.Stop(ctx)

	c := client.New(hub)
	id := must(client.Start(ctx, c, Order, "a lamp", client.WithInstanceID("o2")))
	if err := c.Queues().Send(ctx, "approvals", id); err != nil {
		panic(err)
	}
	instance := must(c.Wait(ctx, id))
	fmt.Println(instance.Status, string(instance.Output))
	// Output:
	// Completed "shipped: a lamp"
}
