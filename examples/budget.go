package examples

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// Budget is an amount that somebody wants to spend.
type Budget struct {
	Amount float64 `json:"amount"`
}

// Approval says yes or no to a budget.
const Approval = orchestration.Event[bool]("Approval")

// BudgetApproval waits for the event [Approval], for as long as it takes. Yes runs
// [SpendBudget], no [NotifyRejection].
var BudgetApproval = orchestration.Orchestrator("BudgetApproval", budgetApproval)

// SpendBudget is the approved action.
var SpendBudget = orchestration.Activity("SpendBudget", spendBudget)

// NotifyRejection tells the applicant that the answer is no.
var NotifyRejection = orchestration.Activity("NotifyRejection", notifyRejection)

func budgetApproval(ctx *orchestration.Context, budget Budget) (string, error) {
	approved, err := Approval.Wait(ctx).Await()
	if err != nil {
		return "", err
	}
	if !approved {
		return NotifyRejection.Call(ctx, budget).Await()
	}
	return SpendBudget.Call(ctx, budget).Await()
}

func spendBudget(_ context.Context, budget Budget) (string, error) {
	return fmt.Sprintf("spent %.2f", budget.Amount), nil
}

func notifyRejection(_ context.Context, budget Budget) (string, error) {
	return fmt.Sprintf("rejected %.2f", budget.Amount), nil
}
