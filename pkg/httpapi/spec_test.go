package httpapi_test

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// operation is what the OpenAPI document says of a request's answers.
type operation struct {
	Responses map[string]any
}

// spec returns the operations of the OpenAPI document that is served, by method and path.
var spec = sync.OnceValue(func() map[string]operation {
	api, err := httpapi.New(httpapi.Config{Hubs: map[string]*client.Client{"default": client.New(nil)}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	defer api.Close()
	recorder := httptest.NewRecorder()
	api.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/openapi.json", http.NoBody))
	var document struct {
		Paths map[string]map[string]operation
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &document); err != nil {
		panic(err)
	}
	operations := map[string]operation{}
	for path, methods := range document.Paths {
		for method, o := range methods {
			operations[strings.ToUpper(method)+" "+path] = o
		}
	}
	return operations
})

// requireDocumented fails unless the OpenAPI document says that this may be answered.
func requireDocumented(t testing.TB, request *http.Request, status int) {
	t.Helper()
	for operation, documented := range spec() {
		method, path, _ := strings.Cut(operation, " ")
		if method != request.Method || !matchesPath(path, cmp.Or(request.URL.RawPath, request.URL.EscapedPath())) {
			continue
		}
		require.Contains(t, documented.Responses, strconv.Itoa(status), operation)
		return
	}
}

func matchesPath(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(want[i], "{") && !strings.EqualFold(want[i], got[i]) {
			return false
		}
	}
	return true
}

func TestOpenAPIIsServed(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys(fourKeys))
	answer := r.send(call{method: "GET", target: "/openapi.json"})
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "application/json; charset=utf-8", answer.Header().Get("Content-Type"))
	require.True(t, json.Valid(answer.Body.Bytes()))
	require.Len(t, spec(), 20)
	r.try(call{method: "POST", target: "/openapi.json", status: 405, want: problem("use GET, HEAD, OPTIONS here"), wantHeader: header("Allow", "GET, HEAD, OPTIONS")})
}

// Generators of clients make a type of each of these, by a name that their language spells as it
// likes: oapi-codegen refuses two that differ in case only.
func TestOpenAPINamesDifferByMoreThanCase(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	var document struct {
		Components map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(data, &document))
	require.NotEmpty(t, document.Components["parameters"])
	taken := map[string]string{}
	for _, kind := range []string{"parameters", "responses", "schemas"} {
		for name := range document.Components[kind] {
			spelled := strings.ToLower(strings.ReplaceAll(name, "-", ""))
			require.Empty(t, taken[spelled], "%s %s", kind, name)
			taken[spelled] = kind + " " + name
		}
	}
}
