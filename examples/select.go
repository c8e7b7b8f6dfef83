package examples

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The events that [Select] waits for.
const (
	Event1 = orchestration.Event[float64]("Event1")
	Event2 = orchestration.Event[bool]("Event2")
	Event3 = orchestration.Event[int]("Event3")
)

// Select waits for three events at once and takes the first that arrives. Each event has its
// own type and its own case. The other two waits end with the orchestrator.
var Select = orchestration.Orchestrator("Select", selectFirst)

func selectFirst(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	event1, event2, event3 := Event1.Wait(ctx), Event2.Wait(ctx), Event3.Wait(ctx)

	winner, err := orchestration.WhenAny(ctx, event1, event2, event3).Await()
	if err != nil {
		return "", err
	}
	switch winner {
	case event1:
		value, err := event1.Await()
		return fmt.Sprintf("Event1 brought %g", value), err
	case event2:
		value, err := event2.Await()
		return fmt.Sprintf("Event2 brought %t", value), err
	default:
		value, err := event3.Await()
		return fmt.Sprintf("Event3 brought %d", value), err
	}
}
