package examples

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The approvals that a permit needs. Their payloads do not matter.
const (
	CityPlanningApproval = orchestration.Event[any]("CityPlanningApproval")
	FireDeptApproval     = orchestration.Event[any]("FireDeptApproval")
	BuildingDeptApproval = orchestration.Event[any]("BuildingDeptApproval")
)

// NewBuildingPermit waits until three departments have approved an application, in any
// order, and then issues the permit. Its input is the application's id.
var NewBuildingPermit = orchestration.Orchestrator("NewBuildingPermit", newBuildingPermit)

// IssueBuildingPermit writes the permit for an application.
var IssueBuildingPermit = orchestration.Activity("IssueBuildingPermit", issueBuildingPermit)

func newBuildingPermit(ctx *orchestration.Context, applicationID string) (string, error) {
	_, err := orchestration.WhenAll(ctx,
		CityPlanningApproval.Wait(ctx),
		FireDeptApproval.Wait(ctx),
		BuildingDeptApproval.Wait(ctx),
	).Await()
	if err != nil {
		return "", err
	}
	return IssueBuildingPermit.Call(ctx, applicationID).Await()
}

func issueBuildingPermit(_ context.Context, applicationID string) (string, error) {
	return "permit for " + applicationID, nil
}
