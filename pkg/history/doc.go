// Package history has the words in which Dormouse tells what became of an instance: its
// [Status], the [Kind] of each event of its history, the [Wait]s that its code is in, the
// [Failure] that ended it, its [Tags], and the [Summary] that a listing shows. The client
// returns them, the HTTP API and the commands print them.
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
