package integration

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// TestPlainNATSPublish starts and wakes instances with nothing but a connection,
// a subject and a JSON body.
func TestPlainNATSPublish(t *testing.T) {
	t.Parallel()
	s := withWorker(t)
	nc, err := nats.Connect(s.url)
	require.NoError(t, err)
	defer nc.Close()
	publish := func(subject, body string) {
		t.Helper()
		require.NoError(t, nc.Publish(subject, []byte(body)))
		require.NoError(t, nc.Flush())
	}

	publish("default.to.x.start.BudgetApproval", `{"amount":3}`)
	s.comesToSay(`waiting for: +event Approval`, "instances", "get", "x")
	publish("default.to.x.raise.Approval", `true`)
	require.Equal(t, "\"spent 3.00\"\n", s.runs("instances", "wait", "x"))

	// An instance that a client has started, with an id that no subject can hold.
	s.runs("instances", "start", "Select", "--id", "büro 7")
	publish("default.to.b=C3=BCro=207.raise.event1", `"2.5"`)
	require.Equal(t, "\"Event1 brought 2.5\"\n", s.runs("instances", "wait", "büro 7"))

	// Nobody is there: it is stored all the same.
	s.worker.kill()
	publish("default.to.y.start.NewBuildingPermit", `"A-2"`)
	for _, gate := range []string{"CityPlanningApproval", "FireDeptApproval", "BuildingDeptApproval"} {
		publish("default.to.y.raise."+gate, "")
	}
	s.startWorker()
	s.comesToSay(`output: +"permit for A-2"`, "instances", "get", "y")
	s.worker.terminate()
}
