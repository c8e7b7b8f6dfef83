package examples

import "github.com/dormouse-dev/dormouse/pkg/orchestration"

// Register makes all samples known to a registry.
func Register(r *orchestration.Registry) {
	orchestration.RegisterOrchestrator(r, "BudgetApproval", BudgetApproval)
	orchestration.RegisterActivity(r, "SpendBudget", SpendBudget)
	orchestration.RegisterActivity(r, "NotifyRejection", NotifyRejection)

	orchestration.RegisterOrchestrator(r, "Select", Select)

	orchestration.RegisterOrchestrator(r, "NewBuildingPermit", NewBuildingPermit)
	orchestration.RegisterActivity(r, "IssueBuildingPermit", IssueBuildingPermit)

	orchestration.RegisterOrchestrator(r, "PhoneVerification", PhoneVerification)
	orchestration.RegisterActivity(r, "SendSmsChallenge", SendSmsChallenge)
}
