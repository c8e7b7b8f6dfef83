package cli

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// Exit codes.
const (
	// ExitOK: the command has done its work.
	ExitOK = 0
	// ExitError: any error without a code of its own.
	ExitError = 1
	// ExitUsage: the command line, or a payload on it, cannot be understood.
	ExitUsage = 2
	// ExitNotFound: there is no such instance.
	ExitNotFound = 3
	// ExitEnded: the instance has ended.
	ExitEnded = 4
	// ExitAgain: the worker's hub is lost, and a worker that is started again would make the
	// hub anew. The code is EX_TEMPFAIL of sysexits.h, which supervisors know as "try again".
	ExitAgain = 75
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usagef returns an error that exits with [ExitUsage].
func Usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// Code returns the exit code for an error, [ExitOK] for nil.
func Code(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &usage), errors.Is(err, client.ErrInvalidName), errors.Is(err, client.ErrInvalidPayload), errors.Is(err, client.ErrInvalidToken),
		errors.Is(err, client.ErrTooFarAhead):
		return ExitUsage
	case errors.Is(err, client.ErrInstanceNotFound):
		return ExitNotFound
	case errors.Is(err, client.ErrInstanceEnded):
		return ExitEnded
	case errors.Is(err, hub.ErrHubLost):
		return ExitAgain
	}
	return ExitError
}
