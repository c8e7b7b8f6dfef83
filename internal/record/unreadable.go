package record

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Conditions of what is stored.
var (
	// ErrNewerVersion: written by a newer Dormouse than this program.
	ErrNewerVersion = errors.New("written by a newer version of Dormouse: upgrade this program")
	// ErrTooLarge: larger than the hub can store.
	ErrTooLarge = errors.New("too large for the hub")
	// ErrCorrupt: stored bytes that cannot be read.
	ErrCorrupt = errors.New("stored data cannot be read")
)

// UnreadableError says that the value of an instance is there and cannot be read.
type UnreadableError struct {
	// Summary is what stands beside the value, as far as it can be read; the status is
	// [history.Unknown] if that cannot.
	history.Summary
	// Err wraps [ErrCorrupt] or [ErrNewerVersion].
	Err error
}

// Error names the instance and what is wrong.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("the value of instance %q: %v", e.Instance, e.Err)
}

// Unwrap returns what is wrong.
func (e *UnreadableError) Unwrap() error { return e.Err }

// StandIn returns a value with what is known of the one that cannot be read. It is of
// an execution of its own, and says why it is blocked. It must not be stored in the
// other's place unless to end the instance.
func (e *UnreadableError) StandIn() *InstanceRecord {
	return &InstanceRecord{
		Name: e.Name, Execution: fmt.Sprintf("unread-%d", e.Revision), Status: e.Status, Tags: e.Tags,
		Created: e.Created, Updated: e.Updated, Blocked: e.Err.Error(), Unreadable: e,
	}
}
