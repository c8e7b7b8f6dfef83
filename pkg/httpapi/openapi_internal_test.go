package httpapi

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// document is what the tests read of the OpenAPI document.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string
		Parameters  []reference
		Responses   map[string]any
		Security    []map[string][]string
	}
	Components struct {
		Parameters map[string]parameter
		Headers    map[string]any
		Responses  map[string]any
		Schemas    map[string]any
	}
}

type parameter struct {
	Name, In, Description string
	Schema                map[string]any
}

type reference struct {
	Ref string `json:"$ref"`
	parameter
}

func readDocument(t *testing.T) *document {
	t.Helper()
	var d document
	require.NoError(t, json.Unmarshal(openAPIDocument, &d))
	return &d
}

// Every route stands in the document with its parameters and headers, and nothing else
// does.
func TestOpenAPIIsTrue(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	type operation struct{ Path, Query, Header, PathParameters string }
	documented, there := map[string]operation{}, map[string]operation{}
	list := func(names []string) string {
		names = slices.Clone(names)
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			in := map[string][]string{}
			for _, p := range o.Parameters {
				if p.Ref != "" {
					p.parameter = d.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
				}
				require.NotEmpty(t, p.Description, p)
				require.NotEmpty(t, p.Schema, p)
				in[p.In] = append(in[p.In], p.Name)
			}
			documented[strings.ToUpper(method)+" "+path] = operation{path, list(in["query"]), list(in["header"]), list(in["path"])}
		}
	}
	for _, r := range routes {
		var variables []string
		for _, segment := range r.segments {
			if isVariable(segment) {
				variables = append(variables, strings.Trim(segment, "{}"))
			}
		}
		there[r.method+" "+r.pattern] = operation{r.pattern, list(r.parameters), list(r.headers), list(variables)}
	}
	require.Equal(t, there, documented)
}

// The document says which routes need a key, and which answers any route may give.
func TestOpenAPISaysWhoIsLetIn(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	require.Regexp(t, `^3\.`, d.OpenAPI)
	seen := map[string]bool{}
	for _, r := range routes {
		o := d.Paths[r.pattern][strings.ToLower(r.method)]
		require.False(t, seen[o.OperationID], o.OperationID)
		seen[o.OperationID] = true
		require.Equal(t, r.open, len(o.Security) == 0, r.pattern)
		for _, status := range []string{"400", "401", "403", "404", "500", "504"} {
			require.Equal(t, !r.open, o.Responses[status] != nil, "%s %s %s", r.method, r.pattern, status)
		}
		require.Contains(t, o.Responses, "503")
	}
}

// Every reference leads to something.
func TestOpenAPIReferences(t *testing.T) {
	t.Parallel()
	var d map[string]any
	require.NoError(t, json.Unmarshal(openAPIDocument, &d))
	for _, found := range regexp.MustCompile(`"#/([a-zA-Z/-]+)"`).FindAllStringSubmatch(string(openAPIDocument), -1) {
		var at any = d
		for name := range strings.SplitSeq(found[1], "/") {
			at = at.(map[string]any)[name]
		}
		require.NotNil(t, at, found[1])
	}
}

// docs/http.md has every route, parameter and header.
func TestManualIsComplete(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/http.md")
	require.NoError(t, err)
	manual := string(data)
	for _, r := range routes {
		require.Contains(t, manual, r.method+" "+strings.TrimPrefix(r.pattern, base))
		for _, name := range r.parameters {
			require.Contains(t, manual, "`"+name+"`", r.pattern)
		}
		for _, name := range r.headers {
			require.Contains(t, strings.ToLower(manual), "`"+strings.ToLower(name)+"`", r.pattern)
		}
	}
}
