package history

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is one line of a history: something that happened to the instance (an input), or
// something that its code asked for (a decision). Kind says which of them it is, and with it
// which of the other fields are set:
//
//	ExecutionStarted      Name, Version
//	ExecutionDelayed      Name, Version, Due
//	EventRaised           Name, Data, ID if it was raised with one
//	TaskCompleted         Task, Data
//	TaskFailed            Task, Failure
//	TimerFired            Task
//	ExecutionSuspended    Data
//	ExecutionResumed      Data
//	ExecutionTerminated   Data
//	ExecutionRewound      Data, Failure
//	TaskRewound           those of TaskScheduled
//	ChildRewound          those of ChildScheduled
//	TimerRewound          those of TimerCreated
//
//	  TaskScheduled       Task, Name, Data, FirstTask, Attempt, Timeout
//	  TimerCreated        Task, Due
//	  TimerCancelled      Task
//	  ChildScheduled      Task, Name, Instance, Data
//	  ChildTerminated     Task, Instance, Data
//	  EventSent           Task, Name, Instance, Data
//	  VersionMarked       Name, Version
//	  ContinuedAsNew      Data
//	  ExecutionCompleted  nothing: the output is that of the instance
//	  ExecutionFailed     Failure
//
// The constants of [Kind] say what each of them means. A program that switches on the kind
// should have a default: later versions add kinds.
type Event struct {
	Kind Kind
	// Time is when a worker took the input in. A decision has the time of its input.
	// Times never run backwards within a history.
	Time time.Time
	// Task is the number of an activity, a child, a timer or a sent event. The code of one
	// execution counts them together, from 1, in the order in which it asks for them.
	Task int64
	// Name is that of the orchestrator, the activity, the external event or the change.
	Name string
	// ID is the event id that an external event was raised with; empty for none.
	ID string
	// Instance is the id of the child, or of the instance that an event is sent to.
	Instance string
	// Version is that of the orchestrator's code, or of a change.
	Version string
	// FirstTask is the task of the first attempt of a retried activity, 0 if this is it.
	FirstTask int64
	// Attempt counts the attempts of a retried activity from 1; 0 where no policy retries it.
	Attempt int
	// Timeout is how long one run of the activity may take, 0 for any time.
	Timeout time.Duration
	// Data is JSON, nil for none.
	Data json.RawMessage
	// Due is when a timer fires, or a delayed instance starts.
	Due time.Time
	// Failure says why an activity, a child or the instance failed.
	Failure *Failure
}

// String describes the event in a few words, for error messages and listings.
func (e Event) String() string {
	switch e.Kind {
	case TaskScheduled, TaskRewound:
		return fmt.Sprintf("%s #%d %q", e.Kind, e.Task, e.Name)
	case ChildScheduled, ChildRewound, EventSent:
		return fmt.Sprintf("%s #%d %q to instance %q", e.Kind, e.Task, e.Name, e.Instance)
	case VersionMarked:
		return fmt.Sprintf("%s %q %s", e.Kind, e.Name, e.Version)
	case TimerCreated, TimerCancelled, TimerFired, TaskCompleted, TaskFailed, ChildTerminated, TimerRewound:
		return fmt.Sprintf("%s #%d", e.Kind, e.Task)
	case EventRaised, ExecutionStarted, ExecutionDelayed:
		return fmt.Sprintf("%s %q", e.Kind, e.Name)
	default:
		return e.Kind.String()
	}
}
