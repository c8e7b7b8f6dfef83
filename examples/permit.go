package examples

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// NewBuildingPermit waits until three departments have approved an application,
// in whatever order they do, and then issues the permit. Its input is the
// application's id; what the approvals carry does not matter.
func NewBuildingPermit(ctx *orchestration.Context, applicationID string) (string, error) {
	gates := []orchestration.Awaitable{
		orchestration.Event[any]("CityPlanningApproval").Wait(ctx),
		orchestration.Event[any]("FireDeptApproval").Wait(ctx),
		orchestration.Event[any]("BuildingDeptApproval").Wait(ctx),
	}
	if _, err := orchestration.WhenAll(ctx, gates...).Await(); err != nil {
		return "", err
	}
	return orchestration.CallActivity[string](ctx, "IssueBuildingPermit", applicationID).Await()
}

// IssueBuildingPermit writes the permit for an application.
func IssueBuildingPermit(_ context.Context, applicationID string) (string, error) {
	return "permit for " + applicationID, nil
}
