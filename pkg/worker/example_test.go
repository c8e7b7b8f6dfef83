package worker_test

import (
	"context"
	"fmt"
	"os"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// Order waits for one event, for as long as it takes, and then has the item
// shipped or not.
func Order(ctx *orchestration.Context, item string) (string, error) {
	approved, err := orchestration.Event[bool]("Approval").Wait(ctx).Await()
	if err != nil || !approved {
		return "not approved: " + item, err
	}
	return orchestration.CallActivity[string](ctx, "Ship", item).Await()
}

// Ship is an activity: it does the work, and may do I/O.
func Ship(_ context.Context, item string) (string, error) { return "shipped: " + item, nil }

// A NATS server, a worker and a client in one process. The README shows the same.
func Example() {
	dir := must(os.MkdirTemp("", "dormouse"))
	defer os.RemoveAll(dir)

	ctx, stop := context.WithCancel(context.Background())
	server := must(jetstream.StartEmbedded(jetstream.EmbeddedConfig{DataDir: dir}))
	defer server.Shutdown()
	connection := must(server.Connect()) // jetstream.Connect, for a server elsewhere
	defer connection.Close()
	hub := must(jetstream.Open(ctx, connection, jetstream.Config{Name: "shop"}))

	var registry orchestration.Registry
	registry.Add(orchestration.Orchestrator("Order", Order))
	registry.Add(orchestration.Activity("Ship", Ship))
	w := must(worker.New(hub, &registry, worker.Config{}))
	if err := hub.Register(ctx, registry.Orchestrators()); err != nil { // so that Start knows "Order"
		panic(err)
	}
	running := make(chan error, 1)
	go func() { running <- w.Run(ctx) }()

	c := client.New(hub)
	id := must(c.Start(ctx, "Order", "three chairs", client.WithInstanceID("o1")))
	if err := c.Raise(ctx, id, "Approval", true); err != nil {
		panic(err)
	}
	instance := must(c.Wait(ctx, id))
	fmt.Println(instance.Status, string(instance.Output))

	stop() // the worker finishes what it is at, then Run returns
	if err := <-running; err != nil {
		panic(err)
	}
	// Output:
	// Completed "shipped: three chairs"
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
