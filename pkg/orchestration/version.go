package orchestration

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// ErrVersion is wrapped by [VersionError].
var ErrVersion = errors.New("version of a change is not supported")

// VersionError says that an instance runs a version of a change that its code does
// not support any more, or not yet. The instance is left as it was; it goes on when
// the code is put right.
type VersionError struct {
	// ChangeID is the change, Recorded the version that the history holds.
	ChangeID string
	Recorded int
	// Min and Max are the versions that the code supports.
	Min, Max int
}

// Error names the change, the version and those that the code supports.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%v: history says version %d of %q, the code supports %d to %d", ErrVersion, e.Recorded, e.ChangeID, e.Min, e.Max)
}

// Unwrap returns [ErrVersion].
func (e *VersionError) Unwrap() error { return ErrVersion }

// Version returns which version of a change the instance is to run, so that the code
// under running instances can be changed safely:
//
//	if orchestration.Version(ctx, "check-stock-first", 1, 2) == 1 {
//		… // what the code did before
//	} else {
//		… // what it does now
//	}
//
// An instance that comes by the call for the first time gets version max, and keeps
// it. One that has passed the place already, with code that had no such call yet,
// gets min. When no instance of the old version is left, min can be raised and the
// old branch removed; when none is left that has seen the call, the call as well. In
// one execution, all calls for one change return the same.
//
// An instance whose version is below min or above max is blocked, visibly, until the
// code supports it: see [VersionError]. ChangeID has the rules of a name.
func Version(ctx *Context, changeID string, min, max int) int {
	x := ctx.x
	x.mustRun()
	if err := checkChange(changeID, min, max); err != nil {
		x.halt(err)
	}
	version, known := x.versions[changeID]
	if !known {
		version = min
		if !x.replaying.Load() {
			version = max
			x.decide(record.Event{Kind: history.VersionMarked, Name: changeID, Task: int64(version)})
		}
		x.noteVersion(changeID, version)
	}
	if version < min || version > max {
		x.halt(&VersionError{ChangeID: changeID, Recorded: version, Min: min, Max: max})
	}
	return version
}

func checkChange(changeID string, min, max int) error {
	if err := ident.CheckName("change id", changeID); err != nil {
		return err
	}
	if min > max {
		return fmt.Errorf("%w: of %q the code asks for %d to %d", ErrVersion, changeID, min, max)
	}
	return nil
}

func (x *Execution) noteVersion(changeID string, version int) {
	if x.versions == nil {
		x.versions = map[string]int{}
	}
	x.versions[changeID] = version
}

// noteVersions takes the versions from a history, before it is replayed.
func (x *Execution) noteVersions(events []record.Event) {
	for _, e := range events {
		if e.Kind == history.VersionMarked {
			x.noteVersion(e.Name, int(e.Task))
		}
	}
}

// halt breaks the orchestrator off: the input that is being handled has no effect,
// and Handle returns err. The calling goroutine unwinds.
func (x *Execution) halt(err error) {
	x.control.fail(err)
	runtime.Goexit()
}
