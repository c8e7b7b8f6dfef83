package orchestration

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Errors that orchestrators meet.
var (
	// ErrTimeout ends a wait whose time is up.
	ErrTimeout = errors.New("timed out waiting for the event")
	// ErrCanceled ends a task that was cancelled.
	ErrCanceled = errors.New("task was cancelled")
	// ErrTooLarge: a payload is larger than the hub can store.
	ErrTooLarge = record.ErrTooLarge
	// ErrNotRegistered: no code is registered by that name.
	ErrNotRegistered = errors.New("not registered with this worker")
)

// Failure is an error that was written down: type name, message, stack of a
// panic, and the chain of causes.
type Failure = history.Failure

// TaskFailedError is the error of an activity or a sub-orchestration that failed.
// Its chain, walked with errors.As or errors.Unwrap, has a [*Failure] for what it
// failed with and for each error that one wrapped.
type TaskFailedError struct {
	// Kind is what failed: "activity" or "sub-orchestration".
	Kind string
	// Name of the activity or orchestrator, and the number of its call.
	Name string
	Task int64
	// Failure is never nil.
	Failure *Failure
}

// Error names what failed and repeats its error's message.
func (e *TaskFailedError) Error() string {
	return fmt.Sprintf("%s %q failed: %s", e.Kind, e.Name, e.Failure.Message)
}

// Unwrap returns the Failure.
func (e *TaskFailedError) Unwrap() error { return e.Failure }

// taskFailed returns the error that a TaskFailed event stands for.
func taskFailed(kind, name string, result record.Event) error {
	failure := result.Failure
	if failure == nil {
		failure = &Failure{Type: "unknown", Message: "no reason was given"}
	}
	return &TaskFailedError{Kind: kind, Name: name, Task: result.Task, Failure: failure}
}

// panicError is a panic of user code on its way to becoming a Failure.
type panicError struct {
	value any
	stack string
}

func (e *panicError) Error() string { return fmt.Sprint(e.value) }
