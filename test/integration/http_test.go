package integration

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const httpKeys = "ops 0123456789abcdef-ops all\nviewer 0123456789abcdef-see read\n"

// api returns where the worker serves HTTP.
func (s *site) api() string { return s.worker.says(`The HTTP API is at (\S+)`)[1] }

// asks sends a request and returns the answer's code and body.
func asks(t testing.TB, method, url, body string, header ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	visitor := &http.Client{Timeout: patience}
	response, err := visitor.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// TestS5RaiseByHTTP wakes a bool wait by a JSON string, at the URL as it is and as an
// old document misprints it, and stops the worker.
func TestS5RaiseByHTTP(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	api := s.api()
	for id, tail := range map[string]string{"MyInstanceId": "?code=XXX", "Another": "&code=XXX"} {
		s.runs("instances", "start", "BudgetApproval", "--id", id, "--input", `{"amount":7}`)
		code, body := asks(t, http.MethodPost, api+"/instances/"+id+"/raiseEvent/Approval"+tail, `"true"`)
		require.Equal(t, http.StatusAccepted, code, body)
		require.Contains(t, s.runs("instances", "wait", id), "spent 7.00")
	}
	s.worker.terminate()
	_, err := http.Get(api + "/instances/MyInstanceId")
	require.Error(t, err)
}

// TestHTTPKeysAndLinks serves with keys, makes a link by the command, and looks for the
// keys in all that was said.
func TestHTTPKeysAndLinks(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte(httpKeys), 0o600))
	s := &site{TB: t, dir: t.TempDir(), listen: address(t)}
	s.startWorker("--http-keys", keys)
	api := s.api()
	s.runs("instances", "start", "BudgetApproval", "--id", "b1", "--input", `{"amount":7}`)

	code, _ := asks(t, http.MethodGet, api+"/instances/b1", "")
	require.Equal(t, http.StatusUnauthorized, code)
	code, _ = asks(t, http.MethodGet, api+"/instances/b1?code=0123456789abcdef-see", "")
	require.Equal(t, http.StatusAccepted, code)
	code, _ = asks(t, http.MethodPost, api+"/instances/b1/terminate", "", "x-functions-key", "0123456789abcdef-see")
	require.Equal(t, http.StatusForbidden, code)

	root, _, _ := strings.Cut(api, "/runtime")
	link := strings.TrimSpace(s.runs("instances", "link", "b1", "Approval", "true", "--url", root, "--http-keys", keys, "--for", "1h", "--once"))
	require.NotContains(t, link, "0123456789abcdef")
	code, page := asks(t, http.MethodGet, link, "")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "<button")
	require.NotContains(t, s.runs("instances", "history", "b1"), "EventRaised", "to look at a link changes nothing")
	code, _ = asks(t, http.MethodPost, strings.Replace(link, "Approval", "Other", 1), "")
	require.Equal(t, http.StatusForbidden, code)
	code, body := asks(t, http.MethodPost, link, "")
	require.Equal(t, http.StatusAccepted, code, body)
	require.Contains(t, s.runs("instances", "wait", "b1"), "spent 7.00")
	s.worker.terminate()
	require.NotContains(t, s.worker.output.String(), "0123456789abcdef")
}

// TestClientsThatCanSendNoKey serves this computer without keys beside all others with
// them, and warns of keys that everybody can read.
func TestClientsThatCanSendNoKey(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte("ops 0123456789abcdef-ops\n"), 0o644)) //nolint:gosec // that is what it is about
	s := &site{TB: t, dir: t.TempDir(), listen: address(t)}
	s.startWorker("--http", "127.0.0.1:0", "--http-keys", keys, "--http-rpc", "127.0.0.1:0")
	s.worker.says(`everybody on this computer can read the keys in `)
	s.worker.says(`the key ops has no scopes and may do everything`)
	rpc := s.worker.says(`Clients on this computer need no key at the rpcBaseUrl (\S+/)\.`)[1]
	code, body := asks(t, http.MethodPost, rpc+"orchestrators/BudgetApproval/b1", `{"amount":7}`)
	require.Equal(t, http.StatusAccepted, code, body)
	code, _ = asks(t, http.MethodGet, s.api()+"/instances/b1", "")
	require.Equal(t, http.StatusUnauthorized, code)
	s.worker.terminate()
	require.NotContains(t, s.worker.output.String(), "0123456789abcdef")
}

// TestHTTPThatCannotBeServed: one line each that says what to do.
func TestHTTPThatCannotBeServed(t *testing.T) {
	t.Parallel()
	taken := address(t)
	s := &site{TB: t, dir: t.TempDir(), listen: address(t)}
	s.startWorker("--http", taken)
	missing, weak := filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "weak")
	require.NoError(t, os.WriteFile(weak, []byte("ops x"), 0o600))
	for _, tt := range []struct {
		flags []string
		code  int
		says  string
	}{
		{[]string{"--http", taken}, 1, `^worker: .*address already in use: give another with --http, or none with --http ""\n$`},
		{[]string{"--http", "0.0.0.0:0"}, 2, `^worker: without a key only a loopback address is served: .*--http-keys.*--http-insecure\n$`},
		{[]string{"--http-rpc", "0.0.0.0:0"}, 2, `^worker: --http-rpc 0.0.0.0:0: without a key only a loopback address is served: .*, and this one never has a key\n$`},
		{[]string{"--http-rpc", taken}, 1, `^worker: --http-rpc: .*address already in use\n$`},
		{[]string{"--http-keys", weak}, 2, `^worker: keys of the HTTP API: .*: line 1: a key has 3 to 256 printable ASCII characters`},
		{[]string{"--http", "nowhere"}, 2, `^worker: --http "nowhere": use HOST:PORT, such as 127.0.0.1:7071\n$`},
		{[]string{"--http-keys", missing}, 2, `^worker: keys of the HTTP API: the file of keys cannot be read: no such file or directory\n$`},
		{[]string{"--http-tls-cert", missing}, 2, `^worker: --http-tls-cert and --http-tls-key belong together`},
		{[]string{"--http-tls-cert", missing, "--http-tls-key", missing, "--http", "127.0.0.1:0"}, 1, `^worker: reading the TLS certificate: .*no such file or directory\n$`},
		{[]string{"--http-cors", "example.org"}, 2, `^worker: .*example.org`},
	} {
		p := launch(t, program("worker"), nil, append([]string{"--data-dir", t.TempDir(), "--nats-listen", "127.0.0.1:0"}, tt.flags...)...)
		select {
		case <-p.ended:
		case <-time.After(patience):
			t.Fatalf("worker %q runs: %s", tt.flags, p.output)
		}
		require.Equal(t, tt.code, p.cmd.ProcessState.ExitCode(), "%q: %s", tt.flags, p.output)
		require.Regexp(t, tt.says, p.output.String(), "%q", tt.flags)
	}
}
