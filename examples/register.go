package examples

import "github.com/dormouse-dev/dormouse/pkg/orchestration"

// Register makes all samples known to a registry.
func Register(r *orchestration.Registry) {
	r.Add(BudgetApproval, SpendBudget, NotifyRejection)
	r.Add(Select)
	r.Add(NewBuildingPermit, IssueBuildingPermit)
	r.Add(PhoneVerification, SendSmsChallenge)
}
