package history

import (
	"fmt"
	"time"
)

// Kind says what an [Event] records. The numbers are stored: never reuse one.
type Kind uint8

// Inputs: what happened to the instance.
const (
	// ExecutionStarted opens every history, or ExecutionDelayed does. Name is the
	// orchestrator, ID the version of its code, Task the rule that its events go by,
	// such as [AwaitedFirst].
	ExecutionStarted Kind = 1
	// EventRaised is an external event: Name, Data, and ID where one was given.
	EventRaised Kind = 2
	// TaskCompleted is the result (Data) of activity or child Task.
	TaskCompleted Kind = 3
	// TaskFailed is the failure of activity or child Task.
	TaskFailed Kind = 4
	// TimerFired says that timer Task is due.
	TimerFired Kind = 5
	// ExecutionSuspended stops the orchestrator from seeing inputs; Data is the
	// reason, as a JSON string.
	ExecutionSuspended Kind = 6
	// ExecutionResumed hands it what came in meanwhile; Data is the reason.
	ExecutionResumed Kind = 7
	// ExecutionTerminated ends the instance from outside; Data is the reason.
	ExecutionTerminated Kind = 8
	// ExecutionRewound takes back the end of an instance; Data is the reason, Failure
	// what it had failed with, if it had.
	// The events behind it, one for each task that is asked for again, have the
	// fields of the decision they repeat.
	ExecutionRewound Kind = 9
	TaskRewound      Kind = 10
	ChildRewound     Kind = 11
	TimerRewound     Kind = 12
	// ExecutionDelayed opens the history of an instance that is to start at At; it
	// has the fields of ExecutionStarted, in whose place it stands.
	ExecutionDelayed Kind = 13
)

// Decisions: what the orchestrator asked for.
const (
	// TaskScheduled asks for activity Name with input Data to run as Task; ID is a
	// [Call].
	TaskScheduled Kind = 64
	// TimerCreated asks for timer Task to fire at At.
	TimerCreated Kind = 65
	// TimerCancelled takes back timer Task.
	TimerCancelled Kind = 66
	// ContinuedAsNew closes this generation; Data is the input of the next.
	ContinuedAsNew Kind = 67
	// ExecutionCompleted ends the instance; Data is its output.
	ExecutionCompleted Kind = 68
	// ExecutionFailed ends the instance with Failure.
	ExecutionFailed Kind = 69
	// ChildScheduled asks for orchestrator Name to run as instance ID with input
	// Data, as Task; its end is a TaskCompleted or a TaskFailed.
	ChildScheduled Kind = 70
	// ChildTerminated asks instance ID, which is Task, to end; Data is the reason.
	ChildTerminated Kind = 71
	// EventSent raises event Name with Data on instance ID. Task makes it one of a
	// kind.
	EventSent Kind = 72
	// VersionMarked says that this code runs version Task of the change Name.
	VersionMarked Kind = 73
	// ParentTold stands for the answer of an ended child where its value is
	// replaced: to Task of execution Name of instance ID, Data or Failure. It is in
	// no history.
	ParentTold Kind = 74
)

var kindNames = map[Kind]string{
	ExecutionStarted:    "ExecutionStarted",
	EventRaised:         "EventRaised",
	TaskCompleted:       "TaskCompleted",
	TaskFailed:          "TaskFailed",
	TimerFired:          "TimerFired",
	ExecutionSuspended:  "ExecutionSuspended",
	ExecutionResumed:    "ExecutionResumed",
	ExecutionTerminated: "ExecutionTerminated",
	TaskScheduled:       "TaskScheduled",
	TimerCreated:        "TimerCreated",
	TimerCancelled:      "TimerCancelled",
	ContinuedAsNew:      "ContinuedAsNew",
	ExecutionCompleted:  "ExecutionCompleted",
	ExecutionFailed:     "ExecutionFailed",
	ExecutionRewound:    "ExecutionRewound",
	TaskRewound:         "TaskRewound",
	ChildRewound:        "ChildRewound",
	TimerRewound:        "TimerRewound",
	ExecutionDelayed:    "ExecutionDelayed",
	ChildScheduled:      "ChildScheduled",
	ChildTerminated:     "ChildTerminated",
	EventSent:           "EventSent",
	VersionMarked:       "VersionMarked",
	ParentTold:          "ParentTold",
}

// String returns the kind's name, as shown in a printed history.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// IsDecision reports whether events of this kind are made by the orchestrator
// rather than handed to it.
func (k Kind) IsDecision() bool { return k >= TaskScheduled }

// Event is one line of a history. Which fields carry meaning depends on Kind.
type Event struct {
	Kind Kind
	// Time is when the input was taken in; a decision has its input's time.
	// Times never run backwards within a history.
	Time time.Time
	// Task numbers activities, children, timers and sent events from 1, in the
	// order the code asked.
	Task int64
	// Name of the orchestrator, activity or external event.
	Name string
	// ID is the idempotency id that an external event was raised with; see the kinds
	// for what else it may be.
	ID string
	// Data is JSON, or nil for none.
	Data []byte
	// At is when a timer, or a delayed start, is due.
	At time.Time
	// Failure says why an activity or the instance failed.
	Failure *Failure
}

// String describes the event in a few words, for error messages and listings.
func (e Event) String() string {
	switch e.Kind {
	case TaskScheduled, TaskRewound:
		return fmt.Sprintf("%s #%d %q", e.Kind, e.Task, e.Name)
	case ChildScheduled, ChildRewound, EventSent:
		return fmt.Sprintf("%s #%d %q to instance %q", e.Kind, e.Task, e.Name, e.ID)
	case VersionMarked:
		return fmt.Sprintf("%s %q %d", e.Kind, e.Name, e.Task)
	case TimerCreated, TimerCancelled, TimerFired, TaskCompleted, TaskFailed, ChildTerminated, TimerRewound:
		return fmt.Sprintf("%s #%d", e.Kind, e.Task)
	case EventRaised, ExecutionStarted, ExecutionDelayed:
		return fmt.Sprintf("%s %q", e.Kind, e.Name)
	default:
		return e.Kind.String()
	}
}
