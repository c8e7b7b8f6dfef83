package orchestration_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The handles of the examples. The examples hand over the results of activities themselves,
// so their code does nothing.
const (
	Approval = orchestration.Event[bool]("Approval")
	Answer   = orchestration.Event[string]("Answer")
	Add      = orchestration.Event[int]("Add")
	Amount   = orchestration.Event[int]("Amount")

	CityPlanningApproval = orchestration.Event[orchestration.None]("CityPlanningApproval")
	FireDeptApproval     = orchestration.Event[orchestration.None]("FireDeptApproval")
)

var (
	Notify              = orchestration.Activity("Notify", nothing[string, string])
	Approve             = orchestration.Activity("Approve", nothing[orchestration.None, string])
	Pay                 = orchestration.Activity("Pay", nothing[int, string])
	Flaky               = orchestration.Activity("Flaky", nothing[orchestration.None, string])
	IssueBuildingPermit = orchestration.Activity("IssueBuildingPermit", nothing[string, string])
)

func nothing[In, Out any](context.Context, In) (out Out, err error) { return out, nil }

// An orchestrator and its activities are ordinary functions. Handles name them, and a
// registry of handles is given to a worker.
func ExampleRegistry() {
	type Budget struct{ Amount int }
	approve := orchestration.Activity("Approve", func(ctx context.Context, b Budget) (string, error) {
		return fmt.Sprintf("approved %d", b.Amount), nil
	})
	budgetApproval := orchestration.Orchestrator("BudgetApproval", func(ctx *orchestration.Context, b Budget) (string, error) {
		return approve.Call(ctx, b).Await()
	})

	var r orchestration.Registry
	r.Add(budgetApproval, approve)

	fmt.Println(r.Orchestrators(), r.Activities(), r.Err())
	// Output: [BudgetApproval] [Approve] <nil>
}

func ExampleEvent_Wait() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		approved, err := Approval.Wait(ctx).Await()
		if err != nil {
			return "", err
		}
		if !approved {
			return Notify.Call(ctx, "refused").Await()
		}
		return Approve.Call(ctx, orchestration.None{}).Await()
	}, "")
	defer d.close()
	d.raise("approval", `"TRUE"`)
	d.complete(1, `"done"`)
	// Output:
	//   waits for event "Approval" since +0s
	// > approval "TRUE"
	// TaskScheduled #1 "Approve"
	//   waits for activity "Approve" #1 since +1s
	// > activity #1: "done"
	// ExecutionCompleted "done"
}

// A wait that times out is no longer in line: the event that comes late goes to a
// later wait, or to none.
func ExampleWithTimeout() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		answer, err := Answer.Wait(ctx, orchestration.WithTimeout(time.Hour)).Await()
		if errors.Is(err, orchestration.ErrTimeout) {
			return "nobody answered", nil
		}
		return answer, err
	}, "")
	defer d.close()
	d.fire(1)
	// Output:
	// TimerCreated #1 at +1h0m0s
	//   waits for event "Answer" since +0s until +1h0m0s
	// > timer #1
	// ExecutionCompleted "nobody answered"
}

func ExampleTask_OnTimeout() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		return Answer.Wait(ctx, orchestration.WithTimeout(time.Hour)).OnTimeout("no answer").Await()
	}, "")
	defer d.close()
	d.fire(1)
	// Output:
	// TimerCreated #1 at +1h0m0s
	//   waits for event "Answer" since +0s until +1h0m0s
	// > timer #1
	// ExecutionCompleted "no answer"
}

// The loser of a race goes on unless it is cancelled: here the timer would keep
// ticking, though it would not keep the instance from ending.
func ExampleWhenAny() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		approval := Approval.Wait(ctx)
		deadline := orchestration.CreateTimer(ctx, 72*time.Hour)
		switch winner, _ := orchestration.WhenAny(ctx, approval, deadline).Await(); winner {
		case approval:
			deadline.Cancel()
			_, err := approval.Await()
			return "decided in time", err
		default:
			return "escalated", nil
		}
	}, "")
	defer d.close()
	d.raise("Approval", "true")
	// Output:
	// TimerCreated #1 at +72h0m0s
	//   waits for event "Approval" since +0s
	//   waits for timer #1 since +0s until +72h0m0s
	// > Approval true
	// TimerCancelled #1
	// ExecutionCompleted "decided in time"
}

func ExampleWhenAll() {
	d := run(func(ctx *orchestration.Context, application string) (string, error) {
		_, err := orchestration.WhenAll(ctx,
			CityPlanningApproval.Wait(ctx),
			FireDeptApproval.Wait(ctx),
		).Await()
		if err != nil {
			return "", err
		}
		return IssueBuildingPermit.Call(ctx, application).Await()
	}, `"app-7"`)
	defer d.close()
	d.raise("FireDeptApproval", "")
	d.raise("CityPlanningApproval", "")
	// Output:
	//   waits for event "CityPlanningApproval" since +0s
	//   waits for event "FireDeptApproval" since +0s
	// > FireDeptApproval
	//   waits for event "CityPlanningApproval" since +0s
	// > CityPlanningApproval
	// TaskScheduled #1 "IssueBuildingPermit" "app-7"
	//   waits for activity "IssueBuildingPermit" #1 since +2s
}

func ExampleActivityHandle_Call() {
	d := run(func(ctx *orchestration.Context, order int) (string, error) {
		_, err := Pay.Call(ctx, order).Await()
		var failed *orchestration.TaskFailedError
		if errors.As(err, &failed) {
			return fmt.Sprintf("%s said %q (%s)", failed.Name, failed.Failure.Message, failed.Failure.Type), nil
		}
		return "paid", err
	}, "7")
	defer d.close()
	d.fail(1, "*bank.Error", "no money")
	// Output:
	// TaskScheduled #1 "Pay" 7
	//   waits for activity "Pay" #1 since +0s
	// > activity #1 fails: no money
	// ExecutionCompleted "Pay said \"no money\" (*bank.Error)"
}

func ExampleWithRetry() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		return Flaky.Call(ctx, orchestration.None{}, orchestration.WithRetry(orchestration.RetryPolicy{
			FirstInterval: 5 * time.Second, Backoff: 2, MaxAttempts: 3,
		})).Await()
	}, "")
	defer d.close()
	d.fail(1, "*net.OpError", "refused")
	d.fire(2)
	d.complete(3, `"at last"`)
	// Output:
	// TaskScheduled #1 "Flaky"
	//   waits for activity "Flaky" #1 since +0s
	// > activity #1 fails: refused
	// TimerCreated #2 at +6s
	//   waits for timer #2 since +1s until +6s
	// > timer #2
	// TaskScheduled #3 "Flaky"
	//   waits for activity "Flaky" #3 since +2s
	// > activity #3: "at last"
	// ExecutionCompleted "at last"
}

func ExampleCreateTimer() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (time.Time, error) {
		_, err := orchestration.CreateTimer(ctx, 30*24*time.Hour).Await()
		return ctx.CurrentTime(), err
	}, "")
	defer d.close()
	d.fire(1)
	// Output:
	// TimerCreated #1 at +720h0m0s
	//   waits for timer #1 since +0s until +720h0m0s
	// > timer #1
	// ExecutionCompleted "2031-05-17T06:00:01Z"
}

// Branches take turns where they wait, and may share variables.
func ExampleGo() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
		sum := 0
		collect := func(ctx *orchestration.Context, name string) *orchestration.Task[orchestration.None] {
			return orchestration.Go(ctx, func(ctx *orchestration.Context) (orchestration.None, error) {
				n, err := orchestration.Event[int](name).Wait(ctx).Await()
				sum += n
				return orchestration.None{}, err
			})
		}
		_, err := orchestration.WhenAll(ctx, collect(ctx, "Left"), collect(ctx, "Right")).Await()
		return sum, err
	}, "")
	defer d.close()
	d.raise("Right", "30")
	d.raise("Left", "12")
	// Output:
	//   waits for event "Left" since +0s
	//   waits for event "Right" since +0s
	// > Right 30
	//   waits for event "Left" since +0s
	// > Left 12
	// ExecutionCompleted 42
}

// A counter that lives for ever, with a history that does not grow.
func ExampleContext_ContinueAsNew() {
	d := run(func(ctx *orchestration.Context, sum int) (orchestration.None, error) {
		n, err := Add.Wait(ctx).Await()
		if err != nil {
			return orchestration.None{}, err
		}
		return orchestration.None{}, ctx.ContinueAsNew(sum + n)
	}, "40")
	defer d.close()
	d.raise("Add", "2")
	// Output:
	//   waits for event "Add" since +0s
	// > Add 2
	// ContinuedAsNew 42
}

// A payload that cannot be read is an error like any other: here the orchestrator
// says so and waits on.
func ExampleConversionError() {
	d := run(func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
		for {
			n, err := Amount.Wait(ctx).Await()
			var wrong *orchestration.ConversionError
			if !errors.As(err, &wrong) {
				return n, err
			}
			if !ctx.IsReplaying() {
				fmt.Println(err)
			}
		}
	}, "")
	defer d.close()
	d.s.trusting = true
	d.raise("Amount", `"a lot"`)
	d.raise("Amount", `"100"`)
	// Output:
	//   waits for event "Amount" since +0s
	// > Amount "a lot"
	// event "Amount": payload "a lot" cannot be read as int: json: cannot unmarshal string into Go value of type int
	//   waits for event "Amount" since +1s
	// > Amount "100"
	// ExecutionCompleted 100
}
