package orchestration_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func typed[In, Out any](o client.OrchestratorHandle[In, Out], in In) (string, In) {
	return o.Name(), in
}

func typedEvent[T any](e client.EventHandle[T], data T) (string, T) { return e.Name(), data }

// Functions that are generic in a handle's types learn them from the handle.
func TestHandlesTellTheirTypes(t *testing.T) {
	t.Parallel()
	echo := orchestration.Orchestrator("Echo", func(_ *orchestration.Context, in int64) (string, error) { return "", nil })
	name, in := typed(echo, 7)
	require.Equal(t, "Echo", name)
	require.Equal(t, int64(7), in)

	const approval = orchestration.Event[bool]("Approval")
	name, value := typedEvent(approval, true)
	require.Equal(t, "Approval", name)
	require.True(t, value)
}

func TestARegistryTakesHandles(t *testing.T) {
	t.Parallel()
	var r orchestration.Registry
	ship := orchestration.Activity("Ship", func(_ context.Context, item string) (string, error) { return item, nil })
	order := orchestration.Orchestrator("Order", func(ctx *orchestration.Context, item string) (string, error) {
		return ship.Call(ctx, item).Await()
	})
	r.Add(ship, order)
	require.NoError(t, r.Err())
	require.Equal(t, []string{"Order"}, r.Orchestrators())
	require.Equal(t, []string{"Ship"}, r.Activities())
	r.Add(ship)
	require.ErrorContains(t, r.Err(), `activity "Ship" is registered twice`)
}
