package integration

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dormouse-dev/dormouse/examples"
)

// plan is what is to become of one instance: how it is started, the events that
// are raised on it, one in each wave from the first on, and its output.
type plan struct {
	id, orchestrator string
	input            any
	first            int
	events           []event
	output           string
}

type event struct {
	name    string
	payload any
}

// waves is in how many waves the events are raised.
const waves = 16

// workload returns plans of all kinds, spread over the waves.
func workload(each int) []plan {
	kinds := []func(int) plan{ledgerPlan, roundsPlan, windowPlan, fanOutPlan, budgetPlan, selectPlan, permitPlan}
	var plans []plan
	for i := range each {
		for _, kind := range kinds {
			p := kind(i)
			p.id = fmt.Sprintf("%s-%d", p.orchestrator, i)
			p.first = i % (waves - len(p.events) + 1)
			plans = append(plans, p)
		}
	}
	return plans
}

// items is how many events a ledger of any kind takes in.
const items = 10

func itemEvents() []event {
	events := make([]event, items)
	for i := range events {
		events[i] = event{"Item", i}
	}
	return events
}

func ledgerPlan(int) plan {
	return plan{orchestrator: "Ledger", input: items, events: itemEvents(), output: upTo(items)}
}

func roundsPlan(int) plan {
	input := map[string]any{"left": items}
	return plan{orchestrator: "Rounds", input: input, events: itemEvents(), output: upTo(items)}
}

func windowPlan(int) plan {
	return plan{orchestrator: "Window", input: items, events: itemEvents(), output: upTo(items)}
}

func fanOutPlan(int) plan {
	return plan{orchestrator: "FanOut", input: 8, events: []event{{"Go", nil}}, output: upTo(8)}
}

func budgetPlan(i int) plan {
	output := fmt.Sprintf(`"spent %d.00"`, i)
	if i%2 == 1 {
		output = fmt.Sprintf(`"rejected %d.00"`, i)
	}
	return plan{
		orchestrator: "BudgetApproval", input: examples.Budget{Amount: float64(i)},
		events: []event{{"Approval", i%2 == 0}}, output: output,
	}
}

func selectPlan(i int) plan {
	return plan{
		orchestrator: "Select", events: []event{{"Event3", i}},
		output: fmt.Sprintf(`"Event3 brought %d"`, i),
	}
}

func permitPlan(i int) plan {
	return plan{
		orchestrator: "NewBuildingPermit", input: strconv.Itoa(i),
		events: []event{{"FireDeptApproval", true}, {"CityPlanningApproval", nil}, {"BuildingDeptApproval", "yes"}},
		output: fmt.Sprintf(`"permit for %d"`, i),
	}
}

// upTo returns 0 to n-1 as a JSON list.
func upTo(n int) string {
	numbers := make([]string, n)
	for i := range n {
		numbers[i] = strconv.Itoa(i)
	}
	return "[" + strings.Join(numbers, ",") + "]"
}
