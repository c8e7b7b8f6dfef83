package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// play runs a worker for the registry on a hub in memory while fn speaks to it.
func play(registry *orchestration.Registry, fn func(ctx context.Context, c *client.Client)) {
	ctx := context.Background()
	hub := memhub.New(memhub.Config{})
	registry.Logger = slog.New(slog.DiscardHandler)
	w := must(worker.Start(ctx, hub, registry, worker.Config{Logger: registry.Logger}))
	fn(ctx, client.New(hub))
	if err := w.Stop(ctx); err != nil {
		panic(err)
	}
}

// outcome starts an instance, waits for its end and prints it.
func outcome(ctx context.Context, c *client.Client, name string, input any) {
	id := must(c.Start(ctx, name, input))
	i := must(c.Wait(ctx, id))
	if i.Failure != nil {
		fmt.Println(i.Status, i.Failure.Message)
		return
	}
	fmt.Println(i.Status, string(i.Output))
}

// A sequence: each step takes the result of the one before.
func Example_sequence() {
	var r orchestration.Registry
	greet := orchestration.Activity("Greet", func(_ context.Context, name string) (string, error) { return "Hello, " + name, nil })
	punctuate := orchestration.Activity("Punctuate", func(_ context.Context, text string) (string, error) { return text + "!", nil })
	sequence := orchestration.Orchestrator("Sequence", func(ctx *orchestration.Context, name string) (string, error) {
		text, err := greet.Call(ctx, name).Await()
		if err != nil {
			return "", err
		}
		return punctuate.Call(ctx, text).Await()
	})
	r.Add(greet, punctuate, sequence)
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Sequence", "Ada") })
	// Output: Completed "Hello, Ada!"
}

// Fan-out and fan-in: many at once, then one result of all.
func Example_fanOut() {
	var r orchestration.Registry
	measure := orchestration.Activity("Measure", func(_ context.Context, text string) (int, error) { return len(text), nil })
	r.Add(measure, orchestration.Orchestrator("Total", func(ctx *orchestration.Context, texts []string) (int, error) {
		tasks := make([]*orchestration.Task[int], len(texts))
		for i, text := range texts {
			tasks[i] = measure.Call(ctx, text)
		}
		total := 0
		for _, task := range tasks {
			n, err := task.Await()
			if err != nil {
				return 0, err
			}
			total += n
		}
		return total, nil
	}))
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Total", []string{"a", "bc", "def"}) })
	// Output: Completed 6
}

// Human interaction: somebody has to answer in time, or it goes to somebody else.
// The first of the two requests is answered, the other is not.
func Example_humanInteraction() {
	var r orchestration.Registry
	answer := orchestration.Event[bool]("Answer")
	escalate := orchestration.Activity("Escalate", func(_ context.Context, request string) (string, error) {
		return "the manager decides on " + request, nil
	})
	type vacation struct {
		Request  string
		Patience time.Duration
	}
	request := orchestration.Orchestrator("Vacation", func(ctx *orchestration.Context, v vacation) (string, error) {
		approved, err := answer.Wait(ctx, orchestration.WithTimeout(v.Patience)).Await()
		switch {
		case errors.Is(err, orchestration.ErrTimeout):
			return escalate.Call(ctx, v.Request).Await()
		case err != nil:
			return "", err
		case approved:
			return "enjoy " + v.Request, nil
		}
		return "no " + v.Request, nil
	})
	r.Add(escalate, request)
	play(&r, func(ctx context.Context, c *client.Client) {
		id := must(client.Start(ctx, c, request, vacation{"a day in March", time.Hour}))
		if err := client.Raise(ctx, c, id, answer, true); err != nil {
			panic(err)
		}
		fmt.Println(string(must(c.Wait(ctx, id)).Output))
		outcome(ctx, c, "Vacation", vacation{"a week in May", time.Millisecond})
	})
	// Output:
	// "enjoy a day in March"
	// Completed "the manager decides on a week in May"
}

// A monitor: it looks now and then, for as long as it takes. Each look is a
// generation of its own, so its history does not grow.
func Example_monitor() {
	type watch struct{ Looks, Enough int }
	var r orchestration.Registry
	temperature := orchestration.Activity("Temperature", func(_ context.Context, look int) (int, error) { return 10 * look, nil })
	r.Add(temperature, orchestration.Orchestrator("Monitor", func(ctx *orchestration.Context, w watch) (string, error) {
		w.Looks++
		degrees, err := temperature.Call(ctx, w.Looks).Await()
		if err != nil {
			return "", err
		}
		if degrees >= w.Enough {
			return fmt.Sprintf("%d degrees after %d looks", degrees, w.Looks), nil
		}
		if _, err := orchestration.CreateTimer(ctx, time.Millisecond).Await(); err != nil {
			return "", err
		}
		return "", ctx.ContinueAsNew(w)
	}))
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Monitor", watch{Enough: 30}) })
	// Output: Completed "30 degrees after 3 looks"
}

// A saga: if a later step fails, what the earlier ones did is taken back, the last
// first.
func Example_saga() {
	var r orchestration.Registry
	done := func(what string) func(context.Context, string) (string, error) {
		return func(_ context.Context, trip string) (string, error) {
			fmt.Println(what, trip)
			return what, nil
		}
	}
	r.Add(orchestration.Activity("BookFlight", done("flight booked for")))
	r.Add(orchestration.Activity("CancelFlight", done("flight cancelled for")))
	r.Add(orchestration.Activity("BookHotel", done("hotel booked for")))
	r.Add(orchestration.Activity("CancelHotel", done("hotel cancelled for")))
	r.Add(orchestration.Activity("BookCar", func(context.Context, string) (string, error) {
		return "", orchestration.NonRetryable(errors.New("no cars left"))
	}))
	r.Add(orchestration.Orchestrator("Trip", func(ctx *orchestration.Context, trip string) (string, error) {
		var undo []string
		for _, what := range []string{"Flight", "Hotel", "Car"} {
			_, err := orchestration.CallActivity[string](ctx, "Book"+what, trip).Await()
			if err == nil {
				undo = append(undo, "Cancel"+what)
				continue
			}
			for len(undo) > 0 {
				last := undo[len(undo)-1]
				undo = undo[:len(undo)-1]
				if _, undoErr := orchestration.CallActivity[string](ctx, last, trip).Await(); undoErr != nil {
					return "", errors.Join(err, undoErr)
				}
			}
			return "", err
		}
		return "booked", nil
	}))
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Trip", "Vienna") })
	// Output:
	// flight booked for Vienna
	// hotel booked for Vienna
	// hotel cancelled for Vienna
	// flight cancelled for Vienna
	// Failed activity "BookCar" failed: no cars left
}

// Sub-orchestrations: an order is as many instances as it has parcels, each with an
// id and waits of its own, and one that is done when they are.
func Example_subOrchestrations() {
	var r orchestration.Registry
	delivered := orchestration.Event[string]("Delivered")
	parcel := orchestration.Orchestrator("Parcel", func(ctx *orchestration.Context, item string) (string, error) {
		where, err := delivered.Wait(ctx).Await()
		return item + " is at " + where, err
	})
	r.Add(parcel, orchestration.Orchestrator("Delivery", func(ctx *orchestration.Context, items []string) (string, error) {
		parcels := make([]*orchestration.Task[string], len(items))
		for i, item := range items {
			id := ctx.InstanceID() + "-" + item
			parcels[i] = parcel.Call(ctx, item, orchestration.WithInstanceID(id))
		}
		var where []string
		for _, parcel := range parcels {
			place, err := parcel.Await()
			if err != nil {
				return "", err
			}
			where = append(where, place)
		}
		return strings.Join(where, ", "), nil
	}))
	play(&r, func(ctx context.Context, c *client.Client) {
		id := must(c.Start(ctx, "Delivery", []string{"spade", "rake"}, client.WithInstanceID("d7")))
		for _, item := range []string{"rake", "spade"} {
			// The parcel may not have been started yet.
			if err := client.Raise(ctx, c, id+"-"+item, delivered, "the door", client.WithKeepFor(time.Minute)); err != nil {
				panic(err)
			}
		}
		fmt.Println(string(must(c.Wait(ctx, id)).Output))
	})
	// Output: "spade is at the door, rake is at the door"
}

// Progress: an activity that was torn away goes on where it was.
func Example_heartbeat() {
	var r orchestration.Registry
	copyPages := orchestration.Activity("Copy", func(ctx context.Context, pages int) (string, error) {
		var done int
		if _, err := orchestration.HeartbeatDetails(ctx, &done); err != nil {
			return "", err
		}
		info, _ := orchestration.ActivityInfoFrom(ctx)
		for done < pages {
			done++
			fmt.Printf("attempt %d copies page %d\n", info.Attempt, done)
			if err := orchestration.Heartbeat(ctx, done); err != nil {
				return "", err
			}
			if done == 2 {
				return "", errors.New("paper jam")
			}
		}
		return fmt.Sprintf("%d pages", done), nil
	})
	r.Add(copyPages, orchestration.Orchestrator("Copies", func(ctx *orchestration.Context, pages int) (string, error) {
		policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond, MaxAttempts: 3}
		return copyPages.Call(ctx, pages,
			orchestration.WithRetry(policy), orchestration.WithRunTimeout(time.Minute)).Await()
	}))
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Copies", 3) })
	// Output:
	// attempt 1 copies page 1
	// attempt 1 copies page 2
	// attempt 2 copies page 3
	// Completed "3 pages"
}
