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
	registry.Add(orchestration.Orchestrator("Order", Order))
	registry.Add(orchestration.Activity("Ship", Ship))
	var queues worker.Queues
	worker.OnQueue(&queues, "approvals", func(ctx context.Context, m *worker.QueueMessage, order string) error {
		return m.Client.Raise(ctx, order, "Approval", true, client.WithEventID(m.ID))
	})
	w := must(worker.New(hub, &registry, worker.Config{Queues: &queues}))

	ctx, stop := context.WithCancel(context.Background())
	if err := hub.Register(ctx, registry.Orchestrators()); err != nil {
		panic(err)
	}
	running := make(chan error, 1)
	go func() { running <- w.Run(ctx) }()

	c := client.New(hub)
	id := must(c.Start(ctx, "Order", "a lamp", client.WithInstanceID("o2")))
	if err := c.Queues().Send(ctx, "approvals", id); err != nil {
		panic(err)
	}
	instance := must(c.Wait(ctx, id))
	fmt.Println(instance.Status, string(instance.Output))

	stop()
	if err := <-running; err != nil {
		panic(err)
	}
	// Output:
	// Completed "shipped: a lamp"
}
