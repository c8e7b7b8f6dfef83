package orchestration_test

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// end brings the result of a sub-orchestration.
func (d *demo) end(task int64, data string) {
	fmt.Printf("> sub-orchestration #%d: %s\n", task, data)
	d.print(d.s.complete(task, data))
}

// The handles of these examples.
const (
	Packed = orchestration.Event[orchestration.None]("Packed")
	Alarm  = orchestration.Event[orchestration.None]("Alarm")
)

var (
	Build = orchestration.Orchestrator("Build", func(_ *orchestration.Context, part string) (string, error) { return part, nil })
	Weigh = orchestration.Activity("Weigh", nothing[orchestration.None, int])
	Truck = orchestration.Activity("Truck", nothing[orchestration.None, string])
)

// Two sub-orchestrations at once. One that is given no id gets one that follows from
// its parent's.
func ExampleOrchestratorHandle_Call() {
	d := run(func(ctx *orchestration.Context, site string) (string, error) {
		house := Build.Call(ctx, "house", orchestration.WithInstanceID(site+"-house"))
		garage := Build.Call(ctx, "garage", orchestration.WithInstanceID(site+"-garage"))
		if _, err := orchestration.WhenAll(ctx, house, garage).Await(); err != nil {
			return "", err
		}
		first, _ := house.Await()
		second, _ := garage.Await()
		return first + " and " + second, nil
	}, `"plot7"`)
	defer d.close()
	d.end(2, `"a garage"`)
	d.end(1, `"a house"`)
	// Output:
	// ChildScheduled #1 "Build" to instance "plot7-house" "house"
	// ChildScheduled #2 "Build" to instance "plot7-garage" "garage"
	//   waits for child "Build" #1 since +0s
	//   waits for child "Build" #2 since +0s
	// > sub-orchestration #2: "a garage"
	//   waits for child "Build" #1 since +0s
	// > sub-orchestration #1: "a house"
	// ExecutionCompleted "a house and a garage"
}

// An order asks the warehouse, an instance that runs for ever, for an item, and waits for its
// answer.
func ExampleEvent_Send() {
	type Request struct{ For, Item string }
	reserve := orchestration.Event[Request]("Reserve")
	reserved := orchestration.Event[bool]("Reserved")
	d := run(func(ctx *orchestration.Context, item string) (bool, error) {
		err := reserve.Send(ctx, "warehouse", Request{For: ctx.InstanceID(), Item: item})
		if err != nil {
			return false, err
		}
		return reserved.Wait(ctx).Await()
	}, `"spade"`)
	defer d.close()
	d.raise("Reserved", "true")
	// Output:
	// EventSent #1 "Reserve" to instance "warehouse" {"For":"i1","Item":"spade"}
	//   waits for event "Reserved" since +0s
	// > Reserved true
	// ExecutionCompleted true
}

// Deliveries are weighed from now on. Those that were packed by the code before go on
// as they were; to others a marker is given, and they keep it.
func ExampleVersion() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		if _, err := Packed.Wait(ctx).Await(); err != nil {
			return "", err
		}
		if orchestration.Version(ctx, "weigh", 1, 2) > 1 {
			Weigh.Call(ctx, orchestration.None{})
		}
		return Truck.Call(ctx, orchestration.None{}).Await()
	}, "")
	defer d.close()
	d.raise("Packed", "")
	// Output:
	//   waits for event "Packed" since +0s
	// > Packed
	// VersionMarked "weigh" 2
	// TaskScheduled #1 "Weigh"
	// TaskScheduled #2 "Truck"
	//   waits for activity "Weigh" #1 since +1s
	//   waits for activity "Truck" #2 since +1s
}

// Two versions of an orchestrator side by side: instances that have begun with the first end
// with it, new ones run the second.
func ExampleAsVersion() {
	greet := func(greeting string) func(*orchestration.Context, string) (string, error) {
		return func(_ *orchestration.Context, name string) (string, error) { return greeting + ", " + name, nil }
	}
	var r orchestration.Registry
	r.Add(
		orchestration.Orchestrator("Greet", greet("Hello"), orchestration.AsVersion("1")),
		orchestration.Orchestrator("Greet", greet("Good morning"), orchestration.AsVersion("2")),
	)
	fmt.Println(r.Orchestrators(), r.Code().Newest("Greet"), r.Err())
	// Output: [Greet] 2 <nil>
}

// The first offer that is accepted takes back all others, with their deadlines.
func ExampleWithCancel() {
	d := run(func(ctx *orchestration.Context, names []string) (string, error) {
		offers, cancel := orchestration.WithCancel(ctx)
		defer cancel()
		accepted := ""
		var open []orchestration.Awaitable
		for _, name := range names {
			open = append(open, orchestration.Go(offers, func(ctx *orchestration.Context) (orchestration.None, error) {
				_, err := orchestration.Event[orchestration.None](name).Wait(ctx, orchestration.WithTimeout(time.Hour)).Await()
				if err == nil {
					accepted = name
				}
				return orchestration.None{}, err
			}))
		}
		_, err := orchestration.WhenAny(ctx, open...).Await()
		return accepted, err
	}, `["Ann","Ben"]`)
	defer d.close()
	d.raise("Ben", "")
	// Output:
	// TimerCreated #1 at +1h0m0s
	// TimerCreated #2 at +1h0m0s
	//   waits for event "Ann" since +0s until +1h0m0s
	//   waits for event "Ben" since +0s until +1h0m0s
	// > Ben
	// TimerCancelled #2
	// TimerCancelled #1
	// ExecutionCompleted "Ben"
}

// After an alarm, readings that came before it do not matter any more.
func ExampleDropEvents() {
	d := run(func(ctx *orchestration.Context, alarms int) (int, error) {
		if _, err := Alarm.Wait(ctx).Await(); err != nil {
			return alarms, err
		}
		return 0, ctx.ContinueAsNew(alarms+1, orchestration.DropEvents())
	}, "0")
	defer d.close()
	d.raise("Reading", "17")
	d.raise("Alarm", "")
	fmt.Println("goes along:", d.s.unconsumed())
	// Output:
	//   waits for event "Alarm" since +0s
	// > Reading 17
	//   waits for event "Alarm" since +0s
	// > Alarm
	// ContinuedAsNew 1
	// goes along: []
}

// The chain of a failure goes through sub-orchestrations.
func ExampleTaskFailedError() {
	// Pay is an orchestrator of another program, so it is called by its name.
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		_, err := orchestration.CallSubOrchestration[string](ctx, "Pay", nil, orchestration.WithInstanceID("pay-7")).Await()
		return "", err
	}, "")
	defer d.close()
	card := &history.Failure{Type: "*card.Declined", Message: "card declined"}
	d.print(d.s.fail(1, &history.Failure{Type: "*orchestration.TaskFailedError", Message: `activity "Charge" failed: card declined`, Cause: card}))
	// Output:
	// ChildScheduled #1 "Pay" to instance "pay-7"
	//   waits for child "Pay" #1 since +0s
	// ExecutionFailed <*orchestration.TaskFailedError: sub-orchestration "Pay" failed: activity "Charge" failed: card declined> <*orchestration.TaskFailedError: activity "Charge" failed: card declined> <*card.Declined: card declined>
}
