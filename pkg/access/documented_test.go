package access_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// The program that docs/http-keys.md signs with makes links that are good.
func TestDocumentedSigning(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no Python")
	}
	manual, err := os.ReadFile("../../docs/http-keys.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(manual), "```python\n")
	program, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	program += `
for once, payload in (("", None), ("abc", None), ("", '{"a": "ü &?"}'), ("x y", "true")):
    print(link("https://example.org", "ops", "` + secret + `", "default", "a b%ü", "Approval/ü", 1800000000, once, payload))
print(link("https://example.org", "ops", "` + secret + `", "default", "a b%ü", "Approval/ü", 1800000000, page={"title": "Budget ü?", "answer": "yes-no", "yes": "Approve"}))
`
	out, err := exec.CommandContext(t.Context(), python, "-X", "utf8", "-c", program).Output()
	require.NoError(t, err)
	links := strings.Fields(string(out))
	require.Len(t, links, 5)
	keys := keysOf(t, "ops "+secret)
	grant, err := open(t, keys, links[4], time.Unix(1799999999, 0))
	require.NoError(t, err, links[4])
	require.Equal(t, access.Page{Title: "Budget ü?", Answer: access.AnswerYesNo, Yes: "Approve"}, grant.Page)
	for i, want := range []struct {
		id      string
		payload json.RawMessage
	}{{"", nil}, {"signed-abc", nil}, {"", json.RawMessage(`{"a": "ü &?"}`)}, {"signed-x y", json.RawMessage("true")}} {
		grant, err := open(t, keys, links[i], time.Unix(1799999999, 0))
		require.NoError(t, err, links[i])
		require.Equal(t, "Approval/ü", grant.Event)
		require.Equal(t, want.id, grant.EventID())
		require.Equal(t, want.payload, grant.Payload)
	}
}
