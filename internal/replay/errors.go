package replay

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that orchestrators meet. Package orchestration documents them for users.
var (
	// ErrTimeout ends a wait whose time is up.
	ErrTimeout = errors.New("timed out waiting for the event")
	// ErrCanceled ends a task that was cancelled.
	ErrCanceled = errors.New("task was cancelled")
)

// ErrNotRegistered says that this program has no code of that name.
var ErrNotRegistered = errors.New("not registered with this worker")

// TypeName returns the type of an error as a failure stores it. Histories name the errors of
// this package by the package that users know.
func TypeName(err error) string {
	name := fmt.Sprintf("%T", err)
	if own, ok := strings.CutPrefix(name, "*replay."); ok {
		return "*orchestration." + own
	}
	return name
}

// panicError is a panic of users' code on its way to becoming a failure.
type panicError struct {
	value any
	stack string
}

func (e *panicError) Error() string { return fmt.Sprint(e.value) }
