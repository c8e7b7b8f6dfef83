package run

import (
	"errors"
	"fmt"
)

// ErrOver ends a turn that had to wait until the partition was given up.
var ErrOver = errors.New("the partition is given up")

// BlockedError says why an instance cannot go on until its code, its stored data or the
// limits of the hub are put right.
type BlockedError struct {
	Instance string
	Reason   error
}

// Error says which instance is blocked, and why.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("instance %q is blocked: %v", e.Instance, e.Reason)
}

// Unwrap returns the reason.
func (e *BlockedError) Unwrap() error { return e.Reason }
