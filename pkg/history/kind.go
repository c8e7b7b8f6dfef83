package history

import "fmt"

// Kind says what an [record.Event] records. The numbers are stored: never reuse one.
type Kind uint8

// Inputs: what happened to the instance.
const (
	// ExecutionStarted opens every history, or ExecutionDelayed does. Name is the
	// orchestrator, ID the version of its code, Task the rule that its events go by,
	// such as [record.AwaitedFirst].
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
	// [record.Call].
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
