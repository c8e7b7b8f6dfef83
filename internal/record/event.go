package record

import (
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Event is one line of a history, as it is stored. The constructors say what each kind
// holds, the accessors read it.
type Event struct {
	Kind history.Kind
	// Time is when the input was taken in; a decision has its input's time.
	// Times never run backwards within a history.
	Time time.Time
	// Task numbers activities, children, timers and sent events from 1, in the
	// order the code asked.
	Task int64
	// Name of the orchestrator, activity or external event.
	Name string
	// Data is JSON, or nil for none.
	Data []byte
	// Failure says why an activity or the instance failed.
	Failure *history.Failure

	// ref names what the kind of the event refers to, and at is its point in time: one
	// stored field each for all kinds, which other packages read by the accessors.
	ref string
	at  time.Time
}

// Started opens a history, by the newest rules.
func Started(name, version string) Event {
	return Event{Kind: history.ExecutionStarted, Name: name, ref: version, Task: NewestRule}
}

// Delayed opens the history of an instance that is to start at a time.
func Delayed(name, version string, due time.Time) Event {
	return Event{Kind: history.ExecutionDelayed, Name: name, ref: version, Task: NewestRule, at: due}
}

// Raised is an external event; its id is empty for none.
func Raised(name, id string, data []byte) Event {
	return Event{Kind: history.EventRaised, Name: name, ref: id, Data: data}
}

// TaskScheduled asks for an activity to run as that task.
func TaskScheduled(task int64, name string, call Call, input []byte) Event {
	return Event{Kind: history.TaskScheduled, Task: task, Name: name, ref: call.String(), Data: input}
}

// TimerCreated asks for a durable timer.
func TimerCreated(task int64, due time.Time) Event {
	return Event{Kind: history.TimerCreated, Task: task, at: due}
}

// ChildScheduled asks for an orchestrator to run as a child of that instance id.
func ChildScheduled(task int64, name, instance string, input []byte) Event {
	return Event{Kind: history.ChildScheduled, Task: task, Name: name, ref: instance, Data: input}
}

// ChildTerminated asks a child to end.
func ChildTerminated(task int64, instance string, reason []byte) Event {
	return Event{Kind: history.ChildTerminated, Task: task, ref: instance, Data: reason}
}

// EventSent raises an event on another instance.
func EventSent(task int64, name, instance string, payload []byte) Event {
	return Event{Kind: history.EventSent, Task: task, Name: name, ref: instance, Data: payload}
}

// ParentTold stands for the answer of an ended child to its parent: its output, or why it
// failed. It is in no history.
func ParentTold(p Parent, output []byte, failure *history.Failure) Event {
	return Event{Kind: history.ParentTold, ref: p.Instance, Name: p.Execution, Task: p.Task, Data: output, Failure: failure}
}

// VersionMarked says that the code runs that version of a change.
func VersionMarked(change string, version int) Event {
	return Event{Kind: history.VersionMarked, Name: change, Task: int64(version)}
}

// repeats says which kind asks again for what a decision has asked for.
var repeats = map[history.Kind]history.Kind{
	history.TaskScheduled:  history.TaskRewound,
	history.TimerCreated:   history.TimerRewound,
	history.ChildScheduled: history.ChildRewound,
}

// Repeated returns the event by which a rewind asks again for an activity, a timer or a child.
func (e Event) Repeated() Event { e.Kind = repeats[e.Kind]; return e }

// By returns an opening event by other rules than the newest.
func (e Event) By(rule int64) Event { e.Task = rule; return e }

// On returns the event with its time.
func (e Event) On(t time.Time) Event { e.Time = t; return e }

// Opens reports whether the event opens a history.
func (e Event) Opens() bool {
	return e.Kind == history.ExecutionStarted || e.Kind == history.ExecutionDelayed
}

// Rule returns by which rules a history that the event opens is read, such as [AwaitedFirst].
func (e Event) Rule() int64 { return e.Task }

// Version returns the version of the orchestrator's code, of an event that opens a history.
func (e Event) Version() string { return e.ref }

// EventID returns the id that an external event was raised with, empty for none.
func (e Event) EventID() string { return e.ref }

// Call returns how an activity is called.
func (e Event) Call() Call { return ParseCall(e.ref) }

// Instance returns the id of the child, or of the instance that is told something.
func (e Event) Instance() string { return e.ref }

// ChangeVersion returns the version of the change that the code runs.
func (e Event) ChangeVersion() int { return int(e.Task) }

// Due returns when a timer fires, or a delayed instance starts.
func (e Event) Due() time.Time { return e.at }

// KeptUntil returns until when an external event is kept for an instance to come.
func (e Event) KeptUntil() time.Time { return e.at }

// KeepUntil returns an external event to be kept until then; the zero time for one that is
// not kept any more.
func (e Event) KeepUntil(until time.Time) Event { e.at = until; return e }

// String describes the event in a few words, for error messages.
func (e Event) String() string { return e.Public().String() }
