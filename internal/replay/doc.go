// Package replay runs orchestrators and activities: it is the engine under package
// orchestration, whose types are made of it, and beside package dispatcher, which brings it
// inputs and stores its decisions.
//
// [Code] holds a program's functions by name. [Code.Begin] makes an [Orchestrator]: the
// function, run on a goroutine of its own. That goroutine and the one that calls
// [Orchestrator.Handle] hand control to each other and never run at the same time. An
// Orchestrator takes one input at a time and answers with the decisions that the code made:
// run this activity, set this timer, the code has ended. Replay hands it the inputs of its
// history and compares its decisions with the recorded ones.
//
// The code sees its [Env], through orchestration.Context, and waits for a [Task].
// [Code.Perform] runs an activity.
//
// The package does no I/O and knows no queue. It looks at a clock for two alarms only: an
// orchestrator does not give control back ([StuckError]), and the time of an activity's run
// is up.
//
// Methods of users' types, such as UnmarshalJSON, Error and Is, are called where their panic,
// runtime.Goexit or blocking counts as that of the orchestrator or activity.
package replay
