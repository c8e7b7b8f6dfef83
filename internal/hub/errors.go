package hub

import (
	"errors"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// Conditions that stores report and callers act on.
var (
	// ErrNotFound: there is no such instance, segment or lease.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the stored revision is another one than the writer expected.
	ErrConflict = errors.New("revision conflict")
	// ErrUnreachable: the hub cannot be reached just now. The same may succeed soon.
	ErrUnreachable = errors.New("the hub cannot be reached just now")
	// ErrStorage: the hub has no room for more, or cannot write to its files.
	ErrStorage = errors.New("the storage of the NATS server is full or fails")
	// ErrUnconfirmed: the hub did not say in time whether it has stored a message. A server
	// whose disk is full does not refuse what it cannot store, it says nothing.
	ErrUnconfirmed = errors.New("NATS did not say in time that this is stored: " +
		"the server is overloaded, or its storage is full or fails")
	// ErrOutdated: the hub lacks what this version of Dormouse has added.
	ErrOutdated = errors.New("the hub was made by an older version of Dormouse, or somebody has changed its streams: let a worker of this version open it first")
	// ErrHubLost: the hub was removed, or this program cannot reach it any more, for good.
	ErrHubLost = errors.New("the hub is lost")
)

// IsPermanent reports whether an error of a turn stays until somebody changes what is
// stored, the hub's limits or the program: trying again at once is of no use. Not to be
// found is permanent of a segment, which the newest value refers to.
func IsPermanent(err error) bool {
	for _, permanent := range []error{record.ErrTooLarge, record.ErrCorrupt, record.ErrNewerVersion, ErrNotFound} {
		if errors.Is(err, permanent) {
			return true
		}
	}
	return false
}
