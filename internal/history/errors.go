package history

import (
	"errors"
	"fmt"
)

// Conditions that stores report and callers act on.
var (
	// ErrNotFound: there is no such instance, segment or lease.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the stored revision is another one than the writer expected.
	ErrConflict = errors.New("revision conflict")
	// ErrUnreachable: the hub cannot be reached just now. The same may succeed soon.
	ErrUnreachable = errors.New("the hub cannot be reached just now")
	// ErrNewerVersion: written by a newer Dormouse than this program.
	ErrNewerVersion = errors.New("written by a newer version of Dormouse: upgrade this program")
	// ErrTooLarge: larger than the hub can store.
	ErrTooLarge = errors.New("too large for the hub")
	// ErrStorage: the hub has no room for more, or cannot write to its files.
	ErrStorage = errors.New("the storage of the NATS server is full or fails")
	// ErrOutdated: the hub lacks what this version of Dormouse has added.
	ErrOutdated = errors.New("the hub was made by an older version of Dormouse: let a worker of this version open it first")
	// ErrHubLost: the hub was removed, or this program cannot reach it any more, for good.
	ErrHubLost = errors.New("the hub is lost")
	// ErrCorrupt: stored bytes that cannot be read.
	ErrCorrupt = errors.New("stored data cannot be read")
)

// IsPermanent reports whether an error of a turn stays until somebody changes what is
// stored, the hub's limits or the program: trying again at once is of no use. Not to be
// found is permanent of a segment, which the newest value refers to.
func IsPermanent(err error) bool {
	for _, permanent := range []error{ErrTooLarge, ErrCorrupt, ErrNewerVersion, ErrNotFound} {
		if errors.Is(err, permanent) {
			return true
		}
	}
	return false
}

// UnreadableError says that the value of an instance is there and cannot be read.
type UnreadableError struct {
	// Summary is what stands beside the value, as far as it can be read; the status is
	// [Unknown] if that cannot.
	Summary
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
func (e *UnreadableError) StandIn() *Value {
	return &Value{
		Name: e.Name, Execution: fmt.Sprintf("unread-%d", e.Revision), Status: e.Status, Tags: e.Tags,
		Created: e.Created, Updated: e.Updated, Blocked: e.Err.Error(), Unreadable: e,
	}
}
