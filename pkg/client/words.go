package client

import "github.com/dormouse-dev/dormouse/pkg/history"

// The words in which a client tells how instances are, so that most programs need not import
// package history, which documents them.
type (
	// Status is the state of an instance: see [history.Status].
	Status = history.Status
	// Wait is one thing that an instance waits for: see [history.Wait].
	Wait = history.Wait
	// WaitKind says what sort of thing that is: see [history.WaitKind].
	WaitKind = history.WaitKind
	// Failure is an error that was written down: see [history.Failure].
	Failure = history.Failure
	// Parent is the task of another instance whose result an instance is: see [history.Parent].
	Parent = history.Parent
	// Child is a sub-orchestration: see [history.Child].
	Child = history.Child
	// Tags label an instance: see [history.Tags].
	Tags = history.Tags
	// Event is one line of a history: see [history.Event].
	Event = history.Event
	// Summary is an instance as a listing shows it: see [history.Summary].
	Summary = history.Summary
	// Outcome says what became of an external event: see [history.Outcome]. It is empty for
	// an event of which no more is known than that it was taken in.
	Outcome = history.Outcome
)

// The kinds of waits.
const (
	WaitEvent    = history.WaitEvent
	WaitTimer    = history.WaitTimer
	WaitActivity = history.WaitActivity
	WaitChild    = history.WaitChild
)

// The states of an instance.
const (
	Pending        = history.Pending
	Running        = history.Running
	Suspended      = history.Suspended
	Completed      = history.Completed
	Failed         = history.Failed
	Terminated     = history.Terminated
	ContinuedAsNew = history.ContinuedAsNewStatus
	Canceled       = history.Canceled
)

// The outcomes of an external event.
const (
	Delivered = history.Delivered
	Buffered  = history.Buffered
	Kept      = history.Kept
	Duplicate = history.Duplicate
	Discarded = history.Discarded
)

// ParseStatus returns the status of that name, in any case.
func ParseStatus(name string) (Status, error) { return history.ParseStatus(name) }
