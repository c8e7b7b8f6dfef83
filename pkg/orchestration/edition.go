package orchestration

import (
	"fmt"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// OrchestratorOption changes how an orchestrator is registered.
type OrchestratorOption func(*edition)

// AsVersion registers the function as a version of the orchestrator, of 1 to 128
// characters, side by side with others of the same name. New instances, and new
// generations after ContinueAsNew, run the version that was registered last, unless
// whoever starts them asks for another; running ones stay on theirs, which must stay
// registered for as long as there are any. A function registered without a version
// is one version of its own.
func AsVersion(version string) OrchestratorOption {
	return func(e *edition) { e.version, e.named = version, true }
}

// edition is one version of an orchestrator's code.
type edition struct {
	version  string
	named    bool
	function orchestrator
}

// check returns what is wrong with the edition, given those that are there.
func (e *edition) check(name string, known []*edition) error {
	if e.named {
		if err := ident.CheckName("orchestrator version", e.version); err != nil {
			return fmt.Errorf("orchestrator %q: %w", name, err)
		}
	}
	if find(known, e.version) != nil {
		return fmt.Errorf("orchestrator %q is registered twice%s", name, e.suffix())
	}
	return nil
}

func (e *edition) suffix() string {
	if e.version == "" {
		return ""
	}
	return fmt.Sprintf(" as version %q", e.version)
}

func find(editions []*edition, version string) *edition {
	for _, e := range editions {
		if e.version == version {
			return e
		}
	}
	return nil
}

// edition returns the code that an execution runs: the version that its history was
// begun with, or else the one that was asked for, or else the newest.
func (r *Registry) edition(info replay.Execution, events []record.Event) (*edition, error) {
	editions := r.orchestrators[info.Name]
	if len(editions) == 0 {
		return nil, fmt.Errorf("orchestrator %q: %w", info.Name, ErrNotRegistered)
	}
	version, begun := begunWith(events)
	switch {
	case begun:
	case info.Version != "":
		version = info.Version
	default:
		version = r.Newest(info.Name)
	}
	if e := find(editions, version); e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("orchestrator %q, %s: %w; registered are: %s", info.Name, versionWords(version), ErrNotRegistered, listVersions(editions))
}

// begunWith returns the version that a history was begun with. What was rewound to
// its beginning does not begin with its opening.
func begunWith(events []record.Event) (string, bool) {
	for _, e := range events {
		if e.Kind == history.ExecutionStarted || e.Kind == history.ExecutionDelayed {
			return e.ID, true
		}
	}
	return "", false
}

func versionWords(version string) string {
	if version == "" {
		return "no version"
	}
	return fmt.Sprintf("version %q", version)
}

func listVersions(editions []*edition) string {
	var words []string
	for _, e := range editions {
		if e.version == "" {
			words = append(words, "one without a version")
			continue
		}
		words = append(words, versionWords(e.version))
	}
	return strings.Join(words, ", ")
}

// Newest returns the version of an orchestrator that was registered last, empty if
// it has none.
func (r *Registry) Newest(orchestrator string) string {
	editions := r.orchestrators[orchestrator]
	if len(editions) == 0 {
		return ""
	}
	return editions[len(editions)-1].version
}
