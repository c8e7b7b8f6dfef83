package orchestration_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// cast returns the orchestrators that the golden scripts play.
func cast() *orchestration.Registry {
	r := &orchestration.Registry{}
	orchestration.RegisterOrchestrator(r, "BudgetApproval", budgetApproval)
	orchestration.RegisterOrchestrator(r, "Select", selectFirst)
	orchestration.RegisterOrchestrator(r, "NewBuildingPermit", newBuildingPermit)
	orchestration.RegisterOrchestrator(r, "PhoneVerification", phoneVerification)
	orchestration.RegisterOrchestrator(r, "Timeouts", timeouts)
	orchestration.RegisterOrchestrator(r, "Counter", counter)
	orchestration.RegisterOrchestrator(r, "Retry", retrying)
	orchestration.RegisterOrchestrator(r, "Branches", branches)
	orchestration.RegisterOrchestrator(r, "Cancels", cancels)
	orchestration.RegisterOrchestrator(r, "Stages", stages)
	orchestration.RegisterOrchestrator(r, "Fails", fails)
	family(r)
	for name, fn := range orders {
		orchestration.RegisterOrchestrator(r, name, fn)
	}
	return r
}

func budgetApproval(ctx *orchestration.Context, _ map[string]int) (string, error) {
	approved, err := orchestration.WaitForExternalEvent[bool](ctx, "Approval").Await()
	if err != nil {
		return "", err
	}
	if !approved {
		return orchestration.CallActivity[string](ctx, "Notify", "refused").Await()
	}
	return orchestration.CallActivity[string](ctx, "Approve", 100).Await()
}

func selectFirst(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	e1 := orchestration.WaitForExternalEvent[float64](ctx, "Event1")
	e2 := orchestration.WaitForExternalEvent[bool](ctx, "Event2")
	e3 := orchestration.WaitForExternalEvent[int](ctx, "Event3")
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
		orchestration.WaitForExternalEvent[orchestration.None](ctx, "CityPlanningApproval"),
		orchestration.WaitForExternalEvent[orchestration.None](ctx, "FireDeptApproval"),
		orchestration.WaitForExternalEvent[orchestration.None](ctx, "BuildingDeptApproval"),
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
		answer := orchestration.WaitForExternalEvent[int](ctx, "SmsChallengeResponse")
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
	_, late := orchestration.WaitForExternalEvent[string](ctx, "A", orchestration.WithTimeout(10*time.Second)).Await()
	b, err := orchestration.WaitForExternalEvent[string](ctx, "B", orchestration.WithTimeout(10*time.Second)).OnTimeout("nobody").Await()
	if err != nil {
		return nil, err
	}
	a, err := orchestration.WaitForExternalEvent[string](ctx, "A").Await()
	return []string{fmt.Sprint(errors.Is(late, orchestration.ErrTimeout)), b, a}, err
}

func counter(ctx *orchestration.Context, sum int) (int, error) {
	if err := ctx.SetCustomStatus(sum); err != nil {
		return 0, err
	}
	reminder := orchestration.CreateTimer(ctx, time.Hour)
	add := orchestration.WaitForExternalEvent[int](ctx, "Add")
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
			got, err := orchestration.WaitForExternalEvent[string](ctx, name).Await()
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
	event := orchestration.WaitForExternalEvent[string](ctx, "A")
	timer := orchestration.CreateTimer(ctx, time.Minute)
	call := orchestration.CallActivity[string](ctx, "Slow", nil)
	if _, err := orchestration.WaitForExternalEvent[orchestration.None](ctx, "Stop").Await(); err != nil {
		return "", err
	}
	event.Cancel()
	timer.Cancel()
	call.Cancel()
	_, err := orchestration.WhenAll(ctx, event, timer, call).Await()
	if !errors.Is(err, orchestration.ErrCanceled) {
		return "", fmt.Errorf("not cancelled: %w", err)
	}
	return orchestration.WaitForExternalEvent[string](ctx, "A").Await()
}

func stages(ctx *orchestration.Context, names []string) (string, error) {
	for i, name := range names {
		if err := ctx.SetCustomStatus(map[string]any{"stage": i, "next": name}); err != nil {
			return "", err
		}
		if _, err := orchestration.WaitForExternalEvent[int](ctx, name).Await(); err != nil {
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
