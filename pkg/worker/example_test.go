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

// The event, the orchestrator and the activity, by the names that clients use.
var (
	Approval = orchestration.Event[bool]("Approval")
	Order    = orchestration.Orchestrator("Order", orderItem)
	Ship     = orchestration.Activity("Ship", shipItem)
)

// orderItem waits for the approval, for as long as it takes, and then has the item shipped.
func orderItem(ctx *orchestration.Context, item string) (string, error) {
	approved, err := Approval.Wait(ctx).Await()
	if err != nil || !approved {
		return "not approved: " + item, err
	}
	return Ship.Call(ctx, item).Await()
}

// shipItem is an activity: it does the work, and may do I/O.
func shipItem(_ context.Context, item string) (string, error) { return "shipped: " + item, nil }

// A NATS server, a worker and a client in one process. The README has the same program, with
// its errors handled.
func Example() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "dormouse"))
	defer os.RemoveAll(dir)
	hub := must(jetstream.OpenEmbedded(ctx, dir))
	defer hub.Close()

	var registry orchestration.Registry
	registry.Add(Order, Ship)
	w := must(worker.Start(ctx, hub, &registry, worker.Config{}))
	defer w.Stop(ctx)

	c := client.New(hub)
	id := must(client.Start(ctx, c, Order, "three chairs"))
	if err := client.Raise(ctx, c, id, Approval, true); err != nil {
		panic(err)
	}
	instance := must(c.Wait(ctx, id))
	fmt.Println(instance.Status, string(instance.Output))
	// Output:
	// Completed "shipped: three chairs"
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
