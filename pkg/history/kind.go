package history

import "fmt"

// Kind says what an [Event] tells. The numbers are stored: none is ever used again for
// another kind.
type Kind uint8

// Inputs: what happened to the instance.
const (
	// ExecutionStarted opens the history of an instance whose code runs at once. Name is
	// the orchestrator, Version the version of its code. The input is that of the instance.
	ExecutionStarted Kind = 1
	// EventRaised is an external event: Name, its payload as Data, and the event id as ID
	// where it was raised with one.
	EventRaised Kind = 2
	// TaskCompleted is the result, as Data, of the activity or child that Task stands for.
	TaskCompleted Kind = 3
	// TaskFailed is the Failure of the activity or child that Task stands for.
	TaskFailed Kind = 4
	// TimerFired says that timer Task is due.
	TimerFired Kind = 5
	// ExecutionSuspended stops the handing of inputs to the code. Data is the reason that was
	// given, as a JSON string.
	ExecutionSuspended Kind = 6
	// ExecutionResumed hands the code what came in since the instance was suspended. Data is
	// the reason.
	ExecutionResumed Kind = 7
	// ExecutionTerminated ends the instance from outside. Data is the reason.
	ExecutionTerminated Kind = 8
	// ExecutionRewound takes back the end of a failed instance. Data is the reason, Failure
	// what the instance had failed with. One event follows for each task that is asked for
	// again.
	ExecutionRewound Kind = 9
	// TaskRewound asks again for an activity that failed, or that may have ended unheard; its
	// fields are those of TaskScheduled.
	TaskRewound Kind = 10
	// ChildRewound asks a child again, which goes on if it has failed; its fields are those of
	// ChildScheduled.
	ChildRewound Kind = 11
	// TimerRewound sets a timer again that the failure had taken back; its fields are those
	// of TimerCreated.
	TimerRewound Kind = 12
	// ExecutionDelayed opens the history of an instance that starts at Due, in the place of
	// ExecutionStarted, whose other fields it has.
	ExecutionDelayed Kind = 13
)

// Decisions: what the orchestrator asked for.
const (
	// TaskScheduled asks for activity Name with input Data to run as Task. FirstTask and
	// Attempt say which attempt of a retry policy it is, Timeout how long it may take.
	TaskScheduled Kind = 64
	// TimerCreated asks for timer Task to fire at Due.
	TimerCreated Kind = 65
	// TimerCancelled takes back timer Task.
	TimerCancelled Kind = 66
	// ContinuedAsNew ends this generation. Data is the input of the next.
	ContinuedAsNew Kind = 67
	// ExecutionCompleted ends the instance. The output is that of the instance.
	ExecutionCompleted Kind = 68
	// ExecutionFailed ends the instance with Failure.
	ExecutionFailed Kind = 69
	// ChildScheduled asks for orchestrator Name to run as instance Instance with input Data,
	// as Task. A TaskCompleted or TaskFailed of that task tells of the child's end.
	ChildScheduled Kind = 70
	// ChildTerminated asks the child Instance, which is Task, to end. Data is the reason.
	ChildTerminated Kind = 71
	// EventSent raises event Name with payload Data on instance Instance, as Task.
	EventSent Kind = 72
	// VersionMarked says that the code runs version Version of the change Name.
	VersionMarked Kind = 73
	// ParentTold is in no history. The engine uses it for the answer of a child that has
	// ended to its parent.
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
