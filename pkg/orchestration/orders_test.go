package orchestration_test

import (
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

type none = orchestration.None

func call(ctx *orchestration.Context, name string) (string, error) {
	return orchestration.CallActivity[string](ctx, name, nil).Await()
}

func wait(ctx *orchestration.Context, name string) (string, error) {
	return orchestration.Event[string](name).Wait(ctx).Await()
}

// waitInTime waits for an event with a timeout, 0 for none.
func waitInTime(ctx *orchestration.Context, name string, within time.Duration) {
	var options []orchestration.WaitOption
	if within > 0 {
		options = append(options, orchestration.WithTimeout(within))
	}
	_, _ = orchestration.Event[string](name).Wait(ctx, options...).Await()
}

// orders are one orchestrator and its later versions, as people change code.
var orders = map[string]func(*orchestration.Context, none) (string, error){
	"Order": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		return call(ctx, "Ship")
	},
	"OrderRenamedActivity": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "ReserveStock")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		return call(ctx, "Ship")
	},
	"OrderRemovedActivity": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		return call(ctx, "Ship")
	},
	"OrderAddedActivity": func(ctx *orchestration.Context, _ none) (string, error) {
		orchestration.CallActivity[string](ctx, "Audit", nil)
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		return call(ctx, "Ship")
	},
	"OrderAddedAtTheEnd": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		_, err := call(ctx, "Ship")
		_, _ = call(ctx, "Audit")
		return "", err
	},
	"OrderReordered": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		ship := orchestration.CallActivity[string](ctx, "Ship", nil)
		orchestration.CreateTimer(ctx, time.Hour)
		return ship.Await()
	},
	"OrderDroppedTimer": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		return call(ctx, "Ship")
	},
	"OrderWaitsForAnother": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Payment")
		orchestration.CreateTimer(ctx, time.Hour)
		return call(ctx, "Ship")
	},
	"OrderFailsAtTheEnd": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		_, _ = call(ctx, "Ship")
		return "", errors.New("after all")
	},
	"OrderGoesOnForEver": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour)
		_, _ = call(ctx, "Ship")
		return "", ctx.ContinueAsNew(nil)
	},
	"OrderReturnsEarly": func(ctx *orchestration.Context, _ none) (string, error) {
		return call(ctx, "Reserve")
	},
	"OrderPanics": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		panic("a bug in the new version")
	},
	"OrderChangedInputs": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = orchestration.CallActivity[string](ctx, "Reserve", "more").Await()
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, 2*time.Hour)
		return call(ctx, "Ship")
	},
	"OrderTimesOut": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		waitInTime(ctx, "Paid", time.Hour)
		return call(ctx, "Ship")
	},
	"OrderTimesOutLater": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		waitInTime(ctx, "Paid", 2*time.Hour)
		return call(ctx, "Ship")
	},
	"OrderTimesOutByVersion": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		within := time.Hour
		if orchestration.Version(ctx, "paid-in-time", 1, 2) == 1 {
			within = 0
		}
		waitInTime(ctx, "Paid", within)
		return call(ctx, "Ship")
	},
	"OrderCancelsTimer": func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = call(ctx, "Reserve")
		_, _ = wait(ctx, "Paid")
		orchestration.CreateTimer(ctx, time.Hour).Cancel()
		return call(ctx, "Ship")
	},
}
