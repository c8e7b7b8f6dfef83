package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

func Example() {
	ctx := context.Background()
	hub, stop := serveGreetings(ctx) // in production: jetstream.OpenExisting
	defer stop()
	c := client.New(hub)

	id, err := c.Start(ctx, "Greet", "Hello", client.WithInstanceID("g1"))
	if err != nil {
		panic(err)
	}
	// Stored for good; the key makes a repeat harmless.
	if err := c.Raise(ctx, id, "Name", "Ada", client.WithEventID("request-1")); err != nil {
		panic(err)
	}
	instance, err := c.Wait(ctx, id)
	if err != nil {
		panic(err)
	}
	fmt.Println(instance.Status, string(instance.Output))

	err = c.Raise(ctx, id, "Name", "Bob")
	fmt.Println(errors.Is(err, client.ErrInstanceEnded), err)
	// Output:
	// Completed "Hello, Ada"
	// true instance has ended: "g1" is Completed
}

// The outcome of an event, and an event that is raised before its instance is started.
func ExampleClient_RaiseWithReceipt() {
	ctx := context.Background()
	hub, stop := serveGreetings(ctx)
	defer stop()
	c := client.New(hub)

	outcome, err := c.RaiseWithReceipt(ctx, "g2", "Name", "Ada")
	fmt.Println(outcome, err)
	outcome, err = c.RaiseWithReceipt(ctx, "g2", "Name", "Ada", client.WithKeepFor(time.Hour))
	fmt.Println(outcome, err)

	if _, err := c.Start(ctx, "Greet", "Hello", client.WithInstanceID("g2")); err != nil {
		panic(err)
	}
	instance, err := c.Wait(ctx, "g2")
	if err != nil {
		panic(err)
	}
	fmt.Println(string(instance.Output))
	// Output:
	//  no such instance: "g2"
	// kept <nil>
	// "Hello, Ada"
}

// One call that need not know whether the instance is there.
func ExampleClient_StartWithEvent() {
	ctx := context.Background()
	hub, stop := serveGreetings(ctx)
	defer stop()
	c := client.New(hub)

	id, err := c.StartWithEvent(ctx, "Greet", "Hello", "Name", "Ada",
		client.WithInstanceID("g3"), client.WithTags(map[string]string{"team": "red"}))
	if err != nil {
		panic(err)
	}
	instance, err := c.Wait(ctx, id)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(instance.Output), instance.Tags)

	// An ended instance starts anew from the same input, or goes for good.
	again, err := c.Restart(ctx, id, client.WithNewID("g4"))
	if err != nil {
		panic(err)
	}
	purged, err := c.PurgeWhere(ctx, client.Filter{Status: []client.Status{client.Completed}, Tags: client.Tags{"team": "red"}})
	fmt.Println(again, purged, err)
	// Output:
	// "Hello, Ada" map[team:red]
	// g4 1 <nil>
}

// Name is an event whose payload is a string.
const Name = orchestration.Event[string]("Name")

// Greet is an orchestrator that waits for a name.
var Greet = orchestration.Orchestrator("Greet", func(ctx *orchestration.Context, greeting string) (string, error) {
	name, err := Name.Wait(ctx).Await()
	return greeting + ", " + name, err
})

// An orchestrator and an event of the same program: client.Start(ctx, c, Greet, 7) would not
// compile, nor would client.Raise(ctx, c, id, Name, true).
func ExampleStart() {
	ctx := context.Background()
	hub, stop := serveGreetings(ctx)
	defer stop()
	c := client.New(hub)

	id, err := client.Start(ctx, c, Greet, "Hello", client.WithInstanceID("g5"))
	if err != nil {
		panic(err)
	}
	if err := client.Raise(ctx, c, id, Name, "Ada", client.WithEventID("request-2")); err != nil {
		panic(err)
	}
	instance, err := c.Wait(ctx, id)
	if err != nil {
		panic(err)
	}
	fmt.Println(instance.Status, string(instance.Output))
	// Output:
	// Completed "Hello, Ada"
}

// A program that shows the activities of an instance.
func ExampleClient_History() {
	ctx := context.Background()
	hub, stop := serveGreetings(ctx)
	defer stop()
	c := client.New(hub)
	id, err := c.StartWithEvent(ctx, "Greet", "Hello", "Name", "Ada", client.WithInstanceID("g6"))
	if err != nil {
		panic(err)
	}
	if _, err := c.Wait(ctx, id); err != nil {
		panic(err)
	}
	events, err := c.History(ctx, id)
	if err != nil {
		panic(err)
	}
	for _, e := range events {
		switch e.Kind {
		case history.ExecutionStarted:
			fmt.Println("started as", e.Name)
		case history.EventRaised:
			fmt.Println("event", e.Name, "with", string(e.Data))
		case history.ExecutionFailed:
			fmt.Println("failed:", e.Failure.Message)
		default:
			fmt.Println(e)
		}
	}
	// Output:
	// started as Greet
	// event Name with "Ada"
	// ExecutionCompleted
}

// serveGreetings runs a worker on a hub in memory.
func serveGreetings(ctx context.Context) (client.Hub, func()) {
	var registry orchestration.Registry
	registry.Add(Greet)
	hub := memhub.New(memhub.Config{})
	w, err := worker.Start(ctx, hub, &registry, worker.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	return hub, func() { _ = w.Stop(ctx) }
}
