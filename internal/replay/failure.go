package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Bounds of a failure, so that one that is written down can always be stored,
// however long its chain of causes is.
const (
	mostCauses  = 32
	mostMessage = 8 << 10
	mostStack   = 16 << 10
)

// failureOf writes an error down.
func failureOf(err error) *history.Failure {
	f := writeDown(err, mostCauses)
	if f != nil && isNonRetryable(err) {
		f.NonRetryable = true
	}
	return f
}

// unwritten stands for an error whose own code ends the goroutine that writes it down. It is
// nil if err is.
func unwritten(err error) *history.Failure {
	if err == nil {
		return nil
	}
	return &history.Failure{Type: fmt.Sprintf("%T", err), Message: "(a method of the error ended its goroutine with runtime.Goexit)"}
}

// writeDown writes down an error and at most causes of its causes. Err is users'
// code, so nothing is taken for granted: it may be a nil pointer, panic, or be
// its own cause.
func writeDown(err error, causes int) *history.Failure {
	if err == nil || causes < 0 {
		return nil
	}
	f := &history.Failure{Type: fmt.Sprintf("%T", err)}
	var cause error
	switch e := err.(type) { //nolint:errorlint // each link of the chain is written down in turn
	case *nonRetryableError:
		f = writeDown(e.error, causes)
		f.NonRetryable = true
		return f
	case *panicError:
		f.Type, f.Message, f.Stack = "panic", e.Error(), clip(e.stack, mostStack)
		cause, _ = e.value.(error)
	case *history.Failure:
		if e != nil {
			f.Type, f.Message, f.Stack, f.NonRetryable = e.Type, e.Message, clip(e.Stack, mostStack), e.NonRetryable
			cause = e.Unwrap()
		}
	default:
		f.Message, cause = words(err)
	}
	f.Message = clip(f.Message, mostMessage)
	f.Cause = writeDown(cause, causes-1)
	return f
}

// words returns the message of err, and the error that err wraps.
func words(err error) (message string, cause error) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprintf("%s (its Error or Unwrap method panicked: %v)", message, p)
			message = strings.TrimSpace(message)
		}
	}()
	message = err.Error()
	return message, causeOf(err)
}

// isNonRetryable reports whether err, or any error it wraps, is marked so: of a
// joined error all of them count, though only the first is kept as its cause.
func isNonRetryable(err error) (marked bool) {
	defer func() {
		if recover() != nil {
			marked = false
		}
	}()
	budget := 1000 // an error may wrap itself
	return hasMark(err, &budget)
}

func hasMark(err error, budget *int) bool {
	if err == nil || *budget == 0 {
		return false
	}
	*budget--
	switch e := err.(type) { //nolint:errorlint // walks the tree itself, within bounds
	case *nonRetryableError:
		return true
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return hasMark(err, budget) })
	case interface{ Unwrap() error }:
		return hasMark(e.Unwrap(), budget)
	}
	return false
}

// causeOf returns the error that err wraps; of several, the first.
func causeOf(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		if all := many.Unwrap(); len(all) > 0 {
			return all[0]
		}
		return nil
	}
	return errors.Unwrap(err)
}

// clip returns at most the first bytes of text.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// NonRetryable marks an error so that no retry policy runs its activity again.
func NonRetryable(err error) error { return &nonRetryableError{err} }

type nonRetryableError struct{ error }

func (e *nonRetryableError) Unwrap() error { return e.error }
