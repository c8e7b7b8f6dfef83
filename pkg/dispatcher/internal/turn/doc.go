// Package turn works out what the messages of one instance lead to, as a function of values:
//
//	Advance(instance, batch, limits, executor) → Outcome
//
// The function does no I/O and reads no clock: the time comes with the batch. It changes
// none of its arguments, but for the code of the orchestrator, which is run on. The [Outcome]
// holds all that is to be stored, sent and replied; package run does that.
//
// # How it works
//
// A turn hands the messages of a batch to the instance one at a time (advance.go). All
// changes are made to a working copy (draft.go). A message that the code cannot take in is
// undone as a whole: the draft goes back to the state before that message, and the outcome
// is [Blocked] there.
//
//	message                 becomes                                  file
//	start                   a new execution, or a refusal            start.go
//	raise, suspend, resume, an input of the live execution           input.go, classify.go
//	completed, failed,
//	fired, terminate
//	raise                   an early event, where nobody is there    early.go
//	rewind                  a new try of a failed execution          rewind.go, plan.go
//	any, behind a message   the end of the instance all the same     preempt.go
//	that is blocked
//
// The code may answer an input by continuing as new (generation.go).
//
// A turn looks at a history through its [historyState]: a fold over the events, in layers, so
// that the changes of a draft can be dropped.
package turn
