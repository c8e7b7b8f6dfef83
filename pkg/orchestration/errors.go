package orchestration

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Errors that orchestrators meet.
var (
	// ErrTimeout ends a wait whose time is up.
	ErrTimeout = errors.New("timed out waiting for the event")
	// ErrCanceled ends a task that was cancelled.
	ErrCanceled = errors.New("task was cancelled")
	// ErrTooLarge: a payload is larger than the hub can store.
	ErrTooLarge = errors.New("payload too large")
	// ErrNotRegistered: no code is registered by that name.
	ErrNotRegistered = errors.New("not registered with this worker")
)

// Failure is an error that was written down: type name, message, stack of a
// panic, and the chain of causes.
type Failure = history.Failure

// TaskFailedError is the error of an activity that failed. Its chain, walked with
// errors.As or errors.Unwrap, has a [*Failure] for the activity's error and for
// each error that one wrapped.
type TaskFailedError struct {
	// Name of the activity, and the number of its call.
	Name string
	Task int64
	// Failure is never nil.
	Failure *Failure
}

// Error names the activity and repeats its error's message.
func (e *TaskFailedError) Error() string {
	return fmt.Sprintf("activity %q failed: %s", e.Name, e.Failure.Message)
}

// Unwrap returns the Failure.
func (e *TaskFailedError) Unwrap() error { return e.Failure }

// panicError is a panic of user code on its way to becoming a Failure.
type panicError struct {
	value any
	stack string
}

func (e *panicError) Error() string { return fmt.Sprint(e.value) }

// failureOf writes an error down.
func failureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	switch e := err.(type) { //nolint:errorlint // each link of the chain is written down in turn
	case *Failure:
		return e
	case *panicError:
		f := &Failure{Type: "panic", Message: e.Error(), Stack: e.stack}
		if cause, ok := e.value.(error); ok {
			f.Cause = failureOf(cause)
		}
		return f
	case *nonRetryableError:
		f := *failureOf(e.error)
		f.NonRetryable = true
		return &f
	}
	return &Failure{Type: fmt.Sprintf("%T", err), Message: err.Error(), Cause: failureOf(causeOf(err))}
}

// causeOf returns what err wraps; of an error that wraps several, the first.
func causeOf(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // looks at this link only
		if all := many.Unwrap(); len(all) > 0 {
			return all[0]
		}
		return nil
	}
	return errors.Unwrap(err)
}
