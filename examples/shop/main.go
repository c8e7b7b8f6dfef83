// Shop is a whole program: a NATS server, a worker and a client in one process.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// The event, the orchestrator and the activity, by the names that clients use.
var (
	Approval = orchestration.Event[bool]("Approval")
	Order    = orchestration.Orchestrator("Order", order)
	Ship     = orchestration.Activity("Ship", ship)
)

// order waits for the approval, for as long as it takes, and then has the item shipped.
func order(ctx *orchestration.Context, item string) (string, error) {
	approved, err := Approval.Wait(ctx).Await()
	if err != nil || !approved {
		return "not approved: " + item, err
	}
	return Ship.Call(ctx, item).Await()
}

// ship is an activity: it does the work, and may do I/O.
func ship(_ context.Context, item string) (string, error) { return "shipped: " + item, nil }

// buy starts an order, approves it, and waits for its end.
func buy(ctx context.Context, c *client.Client, item string) (*client.Instance, error) {
	id, err := client.Start(ctx, c, Order, item)
	if err != nil {
		return nil, err
	}
	if err := client.Raise(ctx, c, id, Approval, true); err != nil {
		return nil, err
	}
	return c.Wait(ctx, id)
}

func main() {
	ctx := context.Background()
	hub, err := jetstream.OpenEmbedded(ctx, "./shop-data")
	if err != nil {
		log.Fatal(err)
	}
	var registry orchestration.Registry
	registry.Add(Order, Ship)
	w, err := worker.Start(ctx, hub, &registry, worker.Config{})
	if err != nil {
		log.Fatal(err)
	}
	bought, err := buy(ctx, client.New(hub), "three chairs")
	err = errors.Join(err, w.Stop(ctx)) // an activity that runs may finish
	hub.Close()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bought.Status, string(bought.Output))
}
