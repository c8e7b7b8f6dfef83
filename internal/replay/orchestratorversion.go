package replay

import (
	"fmt"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// orchestratorVersion is one version of an orchestrator's code.
type orchestratorVersion struct {
	version string
	// named is set when the version was given by orchestration.AsVersion.
	named bool
	run   OrchestratorFunc
}

// check returns an error if the version cannot stand beside the known ones.
func (v *orchestratorVersion) check(name string, known []*orchestratorVersion) error {
	if v.named {
		if err := ident.CheckName("orchestrator version", v.version); err != nil {
			return fmt.Errorf("orchestrator %q: %w", name, err)
		}
	}
	if find(known, v.version) != nil {
		return fmt.Errorf("orchestrator %q is registered twice%s", name, v.suffix())
	}
	return nil
}

func (v *orchestratorVersion) suffix() string {
	if v.version == "" {
		return ""
	}
	return fmt.Sprintf(" as version %q", v.version)
}

func find(versions []*orchestratorVersion, version string) *orchestratorVersion {
	for _, v := range versions {
		if v.version == version {
			return v
		}
	}
	return nil
}

// version returns the code that an execution runs: the version that its history was begun
// with, or else the one that its start asks for, or else the newest.
func (c *Code) version(info Execution, events []record.Event) (*orchestratorVersion, error) {
	versions := c.orchestrators[info.Name]
	if len(versions) == 0 {
		return nil, fmt.Errorf("orchestrator %q: %w", info.Name, ErrNotRegistered)
	}
	version, begun := begunWith(events)
	switch {
	case begun:
	case info.Version != "":
		version = info.Version
	default:
		version = c.Newest(info.Name)
	}
	if v := find(versions, version); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("orchestrator %q, %s: %w; registered are: %s", info.Name, versionWords(version), ErrNotRegistered, listVersions(versions))
}

// begunWith returns the version that a history was begun with. The opening event need not
// be the first one: a history that was rewound to its beginning begins with the rewind.
func begunWith(events []record.Event) (string, bool) {
	for _, e := range events {
		if e.Opens() {
			return e.Version(), true
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

func listVersions(versions []*orchestratorVersion) string {
	var words []string
	for _, v := range versions {
		if v.version == "" {
			words = append(words, "one without a version")
			continue
		}
		words = append(words, versionWords(v.version))
	}
	return strings.Join(words, ", ")
}

// Newest returns the version of an orchestrator that was registered last, empty if it has
// none.
func (c *Code) Newest(orchestrator string) string {
	versions := c.orchestrators[orchestrator]
	if len(versions) == 0 {
		return ""
	}
	return versions[len(versions)-1].version
}
