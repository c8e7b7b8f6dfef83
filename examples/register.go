package examples

import "github.com/dormouse-dev/dormouse/pkg/orchestration"

// Register makes all samples known to a registry.
func Register(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("BudgetApproval", BudgetApproval))
	r.Add(orchestration.Activity("SpendBudget", SpendBudget))
	r.Add(orchestration.Activity("NotifyRejection", NotifyRejection))

	r.Add(orchestration.Orchestrator("Select", Select))

	r.Add(orchestration.Orchestrator("NewBuildingPermit", NewBuildingPermit))
	r.Add(orchestration.Activity("IssueBuildingPermit", IssueBuildingPermit))

	r.Add(orchestration.Orchestrator("PhoneVerification", PhoneVerification))
	r.Add(orchestration.Activity("SendSmsChallenge", SendSmsChallenge))
}
