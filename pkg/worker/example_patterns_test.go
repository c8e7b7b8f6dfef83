package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hubtest"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// play runs a worker for the registry on a hub in memory while fn speaks to it.
func play(registry *orchestration.Registry, fn func(ctx context.Context, c *client.Client)) {
	ctx, stop := context.WithCancel(context.Background())
	hub := hubtest.NewMemory(hubtest.Config{})
	registry.Logger = slog.New(slog.DiscardHandler)
	w := must(worker.New(hub, registry, worker.Config{Logger: registry.Logger}))
	if err := hub.Register(ctx, registry.Orchestrators()); err != nil {
		panic(err)
	}
	running := make(chan error, 1)
	go func() { running <- w.Run(ctx) }()
	fn(ctx, client.New(hub))
	stop()
	if err := <-running; err != nil {
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
	orchestration.RegisterActivity(&r, "Greet", func(_ context.Context, name string) (string, error) { return "Hello, " + name, nil })
	orchestration.RegisterActivity(&r, "Punctuate", func(_ context.Context, text string) (string, error) { return text + "!", nil })
	orchestration.RegisterOrchestrator(&r, "Sequence", func(ctx *orchestration.Context, name string) (string, error) {
		text, err := orchestration.CallActivity[string](ctx, "Greet", name).Await()
		if err != nil {
			return "", err
		}
		return orchestration.CallActivity[string](ctx, "Punctuate", text).Await()
	})
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Sequence", "Ada") })
	// Output: Completed "Hello, Ada!"
}

// Fan-out and fan-in: many at once, then one result of all.
func Example_fanOut() {
	var r orchestration.Registry
	orchestration.RegisterActivity(&r, "Measure", func(_ context.Context, text string) (int, error) { return len(text), nil })
	orchestration.RegisterOrchestrator(&r, "Total", func(ctx *orchestration.Context, texts []string) (int, error) {
		tasks := make([]*orchestration.Task[int], len(texts))
		for i, text := range texts {
			tasks[i] = orchestration.CallActivity[int](ctx, "Measure", text)
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
	})
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Total", []string{"a", "bc", "def"}) })
	// Output: Completed 6
}

// Human interaction: somebody has to answer in time, or it goes to somebody else.
func Example_humanInteraction() {
	var r orchestration.Registry
	orchestration.RegisterActivity(&r, "Escalate", func(_ context.Context, request string) (string, error) {
		return "the manager decides on " + request, nil
	})
	orchestration.RegisterOrchestrator(&r, "Vacation", func(ctx *orchestration.Context, request string) (string, error) {
		approved, err := orchestration.WaitForExternalEvent[bool](ctx, "Answer", orchestration.WithTimeout(50*time.Millisecond)).Await()
		switch {
		case errors.Is(err, orchestration.ErrTimeout):
			return orchestration.CallActivity[string](ctx, "Escalate", request).Await()
		case err != nil:
			return "", err
		case approved:
			return "enjoy " + request, nil
		}
		return "no " + request, nil
	})
	play(&r, func(ctx context.Context, c *client.Client) {
		outcome(ctx, c, "Vacation", "a week in May")
	})
	// Output: Completed "the manager decides on a week in May"
}

// A monitor: it looks now and then, for as long as it takes. Each look is a
// generation of its own, so its history does not grow.
func Example_monitor() {
	type watch struct{ Looks, Enough int }
	var r orchestration.Registry
	orchestration.RegisterActivity(&r, "Temperature", func(_ context.Context, look int) (int, error) { return 10 * look, nil })
	orchestration.RegisterOrchestrator(&r, "Monitor", func(ctx *orchestration.Context, w watch) (string, error) {
		w.Looks++
		degrees, err := orchestration.CallActivity[int](ctx, "Temperature", w.Looks).Await()
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
	})
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
	orchestration.RegisterActivity(&r, "BookFlight", done("flight booked for"))
	orchestration.RegisterActivity(&r, "CancelFlight", done("flight cancelled for"))
	orchestration.RegisterActivity(&r, "BookHotel", done("hotel booked for"))
	orchestration.RegisterActivity(&r, "CancelHotel", done("hotel cancelled for"))
	orchestration.RegisterActivity(&r, "BookCar", func(context.Context, string) (string, error) {
		return "", orchestration.NonRetryable(errors.New("no cars left"))
	})
	orchestration.RegisterOrchestrator(&r, "Trip", func(ctx *orchestration.Context, trip string) (string, error) {
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
	})
	play(&r, func(ctx context.Context, c *client.Client) { outcome(ctx, c, "Trip", "Vienna") })
	// Output:
	// flight booked for Vienna
	// hotel booked for Vienna
	// hotel cancelled for Vienna
	// flight cancelled for Vienna
	// Failed activity "BookCar" failed: no cars left
}
