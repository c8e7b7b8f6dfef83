// Package orchestration is the package that users of Dormouse import to write orchestrators
// and activities.
//
// An orchestrator is an ordinary Go function that may wait, for seconds or for
// months. While it waits it can be unloaded, the process may be gone. When its event arrives
// the function is run again from its first line, is given the same answers as before, and so
// comes back to the line where it waited:
//
//	const Approval = orchestration.Event[bool]("Approval")
//
//	var BudgetApproval = orchestration.Orchestrator("BudgetApproval", budgetApproval)
//
//	func budgetApproval(ctx *orchestration.Context, budget Budget) (string, error) {
//		approved, err := Approval.Wait(ctx).Await()
//		if err != nil {
//			return "", err
//		}
//		if !approved {
//			return Notify.Call(ctx, budget).Await()
//		}
//		return Approve.Call(ctx, budget).Await()
//	}
//
// An activity is an ordinary Go function too; it does the work, once or more for each call:
//
//	var Approve = orchestration.Activity("Approve", approve)
//
//	func approve(ctx context.Context, budget Budget) (string, error) { … }
//
// BudgetApproval, Approve and Approval are handles: a name, and the types that go with it. A
// call with another input, output or payload does not compile. A [Registry] takes the handles
// of a program and is given to a worker. [CallActivity] and [CallSubOrchestration] call code
// of other programs by its name.
//
// # Rules for orchestrators
//
// The decisions of an orchestrator must depend on its input, on the results of its
// tasks and on its [Context] alone. It must not read the clock (use
// [Context.CurrentTime]), draw random numbers ([Context.Random],
// [Context.NewGUID]), start goroutines ([Go]), range over a map where the order
// matters, or do I/O (call an activity). If a replay makes another decision than history
// holds, the instance is blocked: it shows the difference, and stays as it is until the code
// is put right. [Version] changes code under running instances, [AsVersion] keeps the old code
// for them.
//
// # Many instances
//
// An orchestrator can call others ([OrchestratorHandle.Call]), which run as instances
// of their own, and raise events on any instance ([Event.Send]). Either is done exactly once.
// One that runs for ever starts over now and then ([Context.ContinueAsNew]), so that its
// history stays short.
//
// # Failure handling
//
// An error returned by an activity or a sub-orchestration becomes a [TaskFailedError] at the
// call, with type names, messages and causes kept. A panic in an activity or orchestrator is
// a failure with its stack. An error returned by the orchestrator, or its panic, fails the
// instance. A payload that cannot be read is a [ConversionError] at the wait, a value like any
// other. A [Context] used on a goroutine that a go statement has started ends that goroutine
// and blocks the instance.
package orchestration
