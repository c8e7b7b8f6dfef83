// Package orchestration is what users of Dormouse import to write orchestrators
// and activities.
//
// An orchestrator is an ordinary Go function that may wait, for seconds or for
// months. While it waits it can be unloaded, the process may be gone; when what
// it waits for arrives it is run again from its first line, is given the same
// answers as before, and so comes back to the line where it waited:
//
//	func BudgetApproval(ctx *orchestration.Context, budget Budget) (string, error) {
//		approved, err := orchestration.WaitForExternalEvent[bool](ctx, "Approval").Await()
//		if err != nil {
//			return "", err
//		}
//		if !approved {
//			return orchestration.CallActivity[string](ctx, "Notify", budget).Await()
//		}
//		return orchestration.CallActivity[string](ctx, "Approve", budget).Await()
//	}
//
// An activity is an ordinary Go function too; it does the work, once or more for
// each call. Both are registered by name in a [Registry].
//
// # Rules for orchestrators
//
// What an orchestrator asks for must depend on its input, on the results of its
// tasks and on its [Context] alone. It must not read the clock (use
// [Context.CurrentTime]), draw random numbers ([Context.Random],
// [Context.NewGUID]), start goroutines ([Go]), range over a map where the order
// matters, or do I/O (call an activity). Where replay asks for something else
// than history holds, a [NonDeterminismError] says what, and the instance stays
// as it is until the code is put right. [Version] changes code under running
// instances, [AsVersion] keeps the old code for them.
//
// # Many instances
//
// An orchestrator can call others ([CallSubOrchestration]), which run as instances
// of their own, and raise events on any instance ([SendEvent]). Either is asked for
// once and done exactly once. One that runs for ever starts over now and then
// ([Context.ContinueAsNew]), so that its history stays short.
//
// # How it works
//
// [Registry.Begin] makes an [Execution]: the function, run on a goroutine of its
// own that is handed control and hands it back, never both at once. An Execution
// takes one input at a time ([Execution.Handle]) and answers with the decisions
// the code made: run this activity, set this timer, I have ended. Replaying is
// nothing but handing it the inputs of its history and comparing its decisions
// with those recorded. The package does no I/O and knows no queue; the
// dispatcher does all that. It looks at a clock for two alarms only: that code does
// not give control back, and that the time of an activity's run is up.
//
// # Failure handling
//
// An error returned by an activity or a sub-orchestration becomes a
// [TaskFailedError] at the call, with type names, messages and causes kept. A panic in an activity or orchestrator is
// a failure with its stack. An error returned by the orchestrator, or its panic,
// fails the instance. A payload that cannot be read is a [ConversionError] at the
// wait, a value like any other. Methods of users' types are called where their panic,
// runtime.Goexit or blocking counts as that of the orchestrator or activity. A [Context]
// used on a goroutine that a go statement has started ends that goroutine and blocks the
// instance: [ForeignGoroutineError].
package orchestration
