package orchestration

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Errors that orchestrators meet.
var (
	// ErrTimeout ends a wait whose time is up.
	ErrTimeout = replay.ErrTimeout
	// ErrCanceled ends a task that was cancelled.
	ErrCanceled = replay.ErrCanceled
	// ErrTooLarge: a payload is larger than the hub can store.
	ErrTooLarge = record.ErrTooLarge
)

// TaskFailedError is the error of an activity or a sub-orchestration that failed.
// Its chain, walked with errors.As or errors.Unwrap, has a [*history.Failure] for the error
// that it failed with, and one for each error that this one wrapped.
type TaskFailedError struct {
	// Kind is "activity" or "sub-orchestration".
	Kind string
	// Name of the activity or orchestrator, and the number of its call.
	Name string
	Task int64
	// Failure is never nil.
	Failure *history.Failure
}

// Error names the activity or sub-orchestration and repeats its error's message.
func (e *TaskFailedError) Error() string {
	return fmt.Sprintf("%s %q failed: %s", e.Kind, e.Name, e.Failure.Message)
}

// Unwrap returns the Failure.
func (e *TaskFailedError) Unwrap() error { return e.Failure }

// taskFailed returns the error that a TaskFailed event stands for.
func taskFailed(kind, name string, result record.Event) error {
	failure := result.Failure
	if failure == nil {
		failure = &history.Failure{Type: "unknown", Message: "no reason was given"}
	}
	return &TaskFailedError{Kind: kind, Name: name, Task: result.Task, Failure: failure}
}

// isTimeout reports whether err is [ErrTimeout]. A branch's error is users' code, whose
// Is method may panic.
func isTimeout(err error) (is bool) {
	defer func() {
		if recover() != nil {
			is = false
		}
	}()
	return errors.Is(err, ErrTimeout)
}
