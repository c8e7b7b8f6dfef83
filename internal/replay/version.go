package replay

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// ErrVersion is wrapped by [VersionError].
var ErrVersion = errors.New("version of a change is not supported")

// VersionError says that an instance runs a version of a change that its code does not
// support any more, or not yet. The instance is left as it was; it goes on when the code is
// put right.
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

// ChangeVersion returns the version of a change that the instance runs: see
// orchestration.Version. A version that the code does not support breaks the orchestrator off.
func (e *Env) ChangeVersion(changeID string, min, max int) int {
	e.MustRun()
	if err := checkChange(changeID, min, max); err != nil {
		e.halt(err)
	}
	version, known := e.versions[changeID]
	if !known {
		version = min
		if !e.replaying.Load() {
			version = max
			e.decide(record.VersionMarked(changeID, version))
		}
		if e.versions == nil {
			e.versions = map[string]int{}
		}
		e.versions[changeID] = version
	}
	if version < min || version > max {
		e.halt(&VersionError{ChangeID: changeID, Recorded: version, Min: min, Max: max})
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

// versionsIn returns the versions of changes that a history holds, nil for none.
func versionsIn(events []record.Event) map[string]int {
	var versions map[string]int
	for _, event := range events {
		if event.Kind != history.VersionMarked {
			continue
		}
		if versions == nil {
			versions = map[string]int{}
		}
		versions[event.Name] = event.ChangeVersion()
	}
	return versions
}
