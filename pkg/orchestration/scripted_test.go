package orchestration_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// scripted returns the orchestrators of the golden scripts.
func scripted() *orchestration.Registry {
	r := &orchestration.Registry{}
	r.Add(
		orchestration.Orchestrator("BudgetApproval", budgetApproval),
		orchestration.Orchestrator("Select", selectFirst),
		orchestration.Orchestrator("NewBuildingPermit", newBuildingPermit),
		orchestration.Orchestrator("PhoneVerification", phoneVerification),
		orchestration.Orchestrator("Timeouts", timeouts),
		orchestration.Orchestrator("Counter", counter),
		orchestration.Orchestrator("Retry", retrying),
		orchestration.Orchestrator("Branches", branches),
		orchestration.Orchestrator("Cancels", cancels),
		orchestration.Orchestrator("Stages", stages),
		orchestration.Orchestrator("Fails", fails),
	)
	family(r)
	for name, fn := range orders {
		r.Add(orchestration.Orchestrator(name, fn))
	}
	return r
}

func budgetApproval(ctx *orchestration.Context, _ map[string]int) (string, error) {
	approved, err := orchestration.Event[bool]("Approval").Wait(ctx).Await()
	if err != nil {
		return "", err
	}
	if !approved {
		return orchestration.CallActivity[string](ctx, "Notify", "refused").Await()
	}
	return orchestration.CallActivity[string](ctx, "Approve", 100).Await()
}

func selectFirst(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	e1 := orchestration.Event[float64]("Event1").Wait(ctx)
	e2 := orchestration.Event[bool]("Event2").Wait(ctx)
	e3 := orchestration.Event[int]("Event3").Wait(ctx)
	winner, err := orchestration.WhenAny(ctx, e1, e2, e3).Await()
	if err != nil {
		return "", err
	}
	switch winner {
	case e1:
		v, err := e1.Await()
		return fmt.Sprintf("float %v", v), err
	case e2:
		v, err := e2.Await()
		return fmt.Sprintf("bool %v", v), err
	default:
		v, err := e3.Await()
		return fmt.Sprintf("int %v", v), err
	}
}

func newBuildingPermit(ctx *orchestration.Context, application string) (string, error) {
	_, err := orchestration.WhenAll(ctx,
		orchestration.Event[orchestration.None]("CityPlanningApproval").Wait(ctx),
		orchestration.Event[orchestration.None]("FireDeptApproval").Wait(ctx),
		orchestration.Event[orchestration.None]("BuildingDeptApproval").Wait(ctx),
	).Await()
	if err != nil {
		return "", err
	}
	return orchestration.CallActivity[string](ctx, "IssueBuildingPermit", application).Await()
}

func phoneVerification(ctx *orchestration.Context, phone string) (bool, error) {
	code, err := orchestration.CallActivity[int](ctx, "SendSmsChallenge", phone).Await()
	if err != nil {
		return false, err
	}
	deadline := orchestration.CreateTimer(ctx, 90*time.Second)
	defer deadline.Cancel()
	for range 3 {
		answer := orchestration.Event[int]("SmsChallengeResponse").Wait(ctx)
		winner, err := orchestration.WhenAny(ctx, answer, deadline).Await()
		if err != nil || winner == deadline {
			return false, err
		}
		if n, err := answer.Await(); err == nil && n == code {
			return true, nil
		}
	}
	return false, nil
}

func timeouts(ctx *orchestration.Context, _ orchestration.None) ([]string, error) {
	_, late := orchestration.Event[string]("A").Wait(ctx, orchestration.WithTimeout(10*time.Second)).Await()
	b, err := orchestration.Event[string]("B").Wait(ctx, orchestration.WithTimeout(10*time.Second)).OnTimeout("nobody").Await()
	if err != nil {
		return nil, err
	}
	a, err := orchestration.Event[string]("A").Wait(ctx).Await()
	return []string{fmt.Sprint(errors.Is(late, orchestration.ErrTimeout)), b, a}, err
}

func counter(ctx *orchestration.Context, sum int) (int, error) {
	if err := ctx.SetCustomStatus(sum); err != nil {
		return 0, err
	}
	reminder := orchestration.CreateTimer(ctx, time.Hour)
	add := orchestration.Event[int]("Add").Wait(ctx)
	if winner, err := orchestration.WhenAny(ctx, add, reminder).Await(); err != nil || winner == reminder {
		return sum, err
	}
	n, err := add.Await()
	if err != nil {
		return 0, err
	}
	if _, err := orchestration.CallActivity[orchestration.None](ctx, "Record", n).Await(); err != nil {
		return 0, err
	}
	return 0, ctx.ContinueAsNew(sum + n)
}

func retrying(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	return orchestration.CallActivity[string](ctx, "Flaky", nil, orchestration.WithRetry(orchestration.RetryPolicy{
		FirstInterval: 2 * time.Second, Backoff: 10, MaxInterval: 15 * time.Second, MaxAttempts: 4, NonRetryable: []string{"Fatal"},
	})).Await()
}

func branches(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	log := ""
	work := func(name string) *orchestration.Task[string] {
		return orchestration.Go(ctx, func(ctx *orchestration.Context) (string, error) {
			log += name + "1 "
			got, err := orchestration.Event[string](name).Wait(ctx).Await()
			log += name + "2 "
			return got, err
		})
	}
	left, right := work("Left"), work("Right")
	log += "main "
	_, err := orchestration.WhenAll(ctx, left, right).Await()
	a, _ := left.Await()
	b, _ := right.Await()
	return log + a + b, err
}

func cancels(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	event := orchestration.Event[string]("A").Wait(ctx)
	timer := orchestration.CreateTimer(ctx, time.Minute)
	call := orchestration.CallActivity[string](ctx, "Slow", nil)
	if _, err := orchestration.Event[orchestration.None]("Stop").Wait(ctx).Await(); err != nil {
		return "", err
	}
	event.Cancel()
	timer.Cancel()
	call.Cancel()
	_, err := orchestration.WhenAll(ctx, event, timer, call).Await()
	if !errors.Is(err, orchestration.ErrCanceled) {
		return "", fmt.Errorf("not cancelled: %w", err)
	}
	return orchestration.Event[string]("A").Wait(ctx).Await()
}

func stages(ctx *orchestration.Context, names []string) (string, error) {
	for i, name := range names {
		if err := ctx.SetCustomStatus(map[string]any{"stage": i, "next": name}); err != nil {
			return "", err
		}
		if _, err := orchestration.Event[int](name).Wait(ctx).Await(); err != nil {
			return "", err
		}
	}
	return "done", ctx.SetCustomStatus(nil)
}

func fails(ctx *orchestration.Context, how string) (string, error) {
	_, err := orchestration.CallActivity[string](ctx, "Pay", 7).Await()
	switch how {
	case "panic":
		panic("no way out")
	case "wrap":
		return "", fmt.Errorf("order 7: %w", err)
	}
	return "survived: " + fmt.Sprint(err), nil
}
