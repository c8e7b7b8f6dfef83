package history

import "errors"

// Conditions that stores report and callers act on.
var (
	// ErrNotFound: there is no such instance, segment or lease.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the stored revision is another one than the writer expected.
	ErrConflict = errors.New("revision conflict")
	// ErrNewerVersion: written by a newer Dormouse than this program.
	ErrNewerVersion = errors.New("written by a newer version of Dormouse: upgrade this program")
	// ErrTooLarge: larger than the hub can store.
	ErrTooLarge = errors.New("too large for the hub")
	// ErrCorrupt: stored bytes that cannot be read.
	ErrCorrupt = errors.New("stored data cannot be read")
)
