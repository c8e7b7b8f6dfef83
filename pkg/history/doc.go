// Package history has the words in which Dormouse tells about instances: the [Status] of an
// instance, the [Event]s of its history and their [Kind]s, the [Wait]s of its code, its [Tags],
// its [Parent] and [Child] instances, the [Failure] that ended it, the [Outcome] of an external
// event, and the [Summary] that a listing shows. Package client returns them.
//
// # Shape of a history
//
// A history is a list of inputs, each followed by the decisions that the orchestrator
// made when it was handed that input:
//
//	ExecutionStarted            input
//	  TaskScheduled   #1        decision
//	TaskCompleted     #1        input
//	  TimerCreated    #2        decision
//	EventRaised       Approval  input
//	  TimerCancelled  #2        decision
//	  ExecutionCompleted        decision
//
// Inputs are handled one at a time, so the history of an instance does not depend on how
// its messages happened to be grouped into turns.
package history
