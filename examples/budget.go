package examples

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// Budget is what somebody wants to spend.
type Budget struct {
	Amount float64 `json:"amount"`
}

// BudgetApproval waits for one event, Approval, that says yes or no, for as long
// as it takes. Yes does what was approved, no sends a notification.
func BudgetApproval(ctx *orchestration.Context, budget Budget) (string, error) {
	approved, err := orchestration.Event[bool]("Approval").Wait(ctx).Await()
	if err != nil {
		return "", err
	}
	if !approved {
		return orchestration.CallActivity[string](ctx, "NotifyRejection", budget).Await()
	}
	return orchestration.CallActivity[string](ctx, "SpendBudget", budget).Await()
}

// SpendBudget is the approved action.
func SpendBudget(_ context.Context, budget Budget) (string, error) {
	return fmt.Sprintf("spent %.2f", budget.Amount), nil
}

// NotifyRejection tells whoever asked that the answer is no.
func NotifyRejection(_ context.Context, budget Budget) (string, error) {
	return fmt.Sprintf("rejected %.2f", budget.Amount), nil
}
