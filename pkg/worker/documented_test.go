package worker_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tests that docs/rules.md names are there, and every test that cites a rule by its
// number cites one of the page.
func TestRulesAreHeldByTheTestsThatTheDocsName(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, dir := range []string{"../../pkg", "../../internal", "../../cmd", "../../test"} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, found := range declared.FindAllStringSubmatch(string(source), -1) {
				tests[found[1]] = true
			}
			return err
		}))
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, named)
	for _, name := range named {
		require.True(t, tests[name[1]], "%s is not there", name[1])
	}
	for name := range tests {
		if cited := regexp.MustCompile(`^TestRule(\d+)`).FindStringSubmatch(name); cited != nil {
			require.Contains(t, string(page), "| "+cited[1]+" |", name)
		}
	}
}
