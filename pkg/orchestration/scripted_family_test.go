package orchestration_test

import (
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// family registers orchestrators that have to do with others.
func family(r *orchestration.Registry) {
	r.Add(
		orchestration.Orchestrator("Parent", parent),
		orchestration.Orchestrator("Persistent", persistent),
		orchestration.Orchestrator("Race", race),
		orchestration.Orchestrator("ThreeWaits", threeWaits),
		orchestration.Orchestrator("Relay", relay),
		orchestration.Orchestrator("Delivery", deliveryBefore, orchestration.AsVersion("1")),
		orchestration.Orchestrator("Delivery", deliveryBefore, orchestration.AsVersion("2")),
		orchestration.Orchestrator("DeliveryWithVersion", deliveryWith(1, 2)),
		orchestration.Orchestrator("DeliveryVersion3", deliveryWith(3, 3)),
		orchestration.Orchestrator("DeliveryAfter", deliveryAfter),
		orchestration.Orchestrator("ParentOfAnother", parentOfAnother),
		orchestration.Orchestrator("RelayToAnother", relayToAnother),
	)
}

// parent runs two children side by side, tells the one it knows by name to hurry,
// and lets go of the other when the first is done.
func parent(ctx *orchestration.Context, _ none) (string, error) {
	house := orchestration.CallSubOrchestration[string](ctx, "Build", "house", orchestration.WithInstanceID("house-7"))
	garden := orchestration.CallSubOrchestration[string](ctx, "Build", "garden")
	if err := orchestration.Event[any]("Hurry").Send(ctx, "house-7", map[string]int{"days": 3}); err != nil {
		return "", err
	}
	done, err := house.Await()
	garden.Cancel()
	return done, err
}

func parentOfAnother(ctx *orchestration.Context, _ none) (string, error) {
	return orchestration.CallSubOrchestration[string](ctx, "Build", "house", orchestration.WithInstanceID("house-8")).Await()
}

func persistent(ctx *orchestration.Context, id string) (string, error) {
	options := []orchestration.SubOrchestrationOption{
		orchestration.WithRetry(orchestration.RetryPolicy{FirstInterval: time.Minute, MaxAttempts: 2}),
	}
	if id != "" {
		options = append(options, orchestration.WithInstanceID(id))
	}
	return orchestration.CallSubOrchestration[string](ctx, "Flaky", nil, options...).Await()
}

// race runs branches of which the first to come through cancels what the others
// wait for.
func race(ctx *orchestration.Context, names []string) (string, error) {
	scoped, cancel := orchestration.WithCancel(ctx)
	defer cancel()
	var runners []orchestration.Awaitable
	winner := ""
	for _, name := range names {
		runners = append(runners, orchestration.Go(scoped, func(ctx *orchestration.Context) (none, error) {
			orchestration.CreateTimer(ctx, time.Hour)
			_, err := orchestration.Event[none](name).Wait(ctx, orchestration.WithTimeout(time.Minute)).Await()
			if err == nil {
				winner = name
			}
			return none{}, err
		}))
	}
	_, err := orchestration.WhenAny(ctx, runners...).Await()
	return winner, err
}

func threeWaits(ctx *orchestration.Context, _ none) (string, error) {
	for range 2 {
		if got, err := orchestration.Event[string]("A").Wait(ctx, orchestration.WithTimeout(10*time.Second)).Await(); err == nil {
			return "too soon: " + got, nil
		}
	}
	return orchestration.Event[string]("A").Wait(ctx, orchestration.WithTimeout(10*time.Second)).Await()
}

func relay(ctx *orchestration.Context, to string) (string, error) {
	got, err := wait(ctx, "A")
	if err != nil {
		return "", err
	}
	return got, orchestration.Event[any]("A").Send(ctx, to, got)
}

func relayToAnother(ctx *orchestration.Context, _ string) (string, error) { return relay(ctx, "i3") }

func deliveryBefore(ctx *orchestration.Context, _ none) (string, error) {
	_, _ = wait(ctx, "Packed")
	return call(ctx, "Truck")
}

func deliveryWith(min, max int) func(*orchestration.Context, none) (string, error) {
	return func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = wait(ctx, "Packed")
		if orchestration.Version(ctx, "weigh", min, max) > 1 {
			_, _ = call(ctx, "Weigh")
		}
		return call(ctx, "Truck")
	}
}

func deliveryAfter(ctx *orchestration.Context, _ none) (string, error) {
	_, _ = wait(ctx, "Packed")
	_, _ = call(ctx, "Weigh")
	return call(ctx, "Truck")
}
