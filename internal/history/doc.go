// Package history is the vocabulary of Dormouse: what an instance is, what
// happened to it, and what it wants done. Every other package speaks in these
// types; this one imports none of them, does no I/O and reads no clock.
//
// There are five of them:
//
//   - [Message]: one control message, what somebody says to an instance.
//   - [Event]: one line of an instance's history. An event is either an input
//     (something that happened) or a decision (something the code asked for).
//   - [Value]: all that is stored of an instance, replaced as a whole by every
//     turn. Its [Log] holds the events since the last seal; older ones stand in
//     segments.
//   - [Command]: one thing to be done after a commit: run an activity, set a
//     timer, remove one, tell an instance something.
//   - [Failure]: an error that outlives the process it happened in.
//
// # Shape of a history
//
// A history is a list of inputs, each followed by the decisions that the
// orchestrator made when it was handed that input:
//
//	ExecutionStarted            input
//	  TaskScheduled   #1        decision
//	TaskCompleted     #1        input
//	  TimerCreated    #2        decision
//	EventRaised       Approval  input
//	  TimerCancelled  #2        decision
//	  ExecutionCompleted        decision
//
// Inputs are handled one at a time, so the history of an instance does not
// depend on how its messages happened to be grouped into turns.
//
// # Stored form
//
// Values and events are written as msgpack arrays whose first element of a value
// is [Version]. Readers accept arrays longer than they know, so fields can be
// added at the end; any other change raises Version. Golden files in testdata pin
// the bytes.
package history
