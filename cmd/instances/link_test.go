package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/access"
)

const linkKeys = "viewer 0123456789abcdef-see read\nweak s3cret raise\nmail 0123456789abcdef-mail raise default\n"

// link runs the command with the keys in a file.
func link(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte(linkKeys), 0o600))
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), newCommand(), append([]string{"link", "--http-keys", file}, args...), nil, &out, &errs)
	require.NotContains(t, out.String()+errs.String(), "0123456789abcdef")
	require.NotContains(t, out.String()+errs.String(), "s3cret")
	return code, out.String(), errs.String()
}

func TestLink(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := link(t, "b 1", "Approval", `{"ok": true}`, "--url", "https://example.org/x", "--for", "1h", "--once", "--output", "json")
	require.Equal(t, cli.ExitOK, code, stderr)
	var made struct{ URL string }
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))
	u, err := url.Parse(made.URL)
	require.NoError(t, err)
	require.Equal(t, "https://example.org/x/runtime/webhooks/durabletask/instances/b%201/raiseEvent/Approval", u.Scheme+"://"+u.Host+u.EscapedPath())
	keys, err := access.ParseKeys(linkKeys)
	require.NoError(t, err)
	grant, key, err := keys.Verify("default", "b 1", "Approval", u.Query(), time.Now())
	require.NoError(t, err)
	require.Equal(t, "mail", key.Name, "the first that may sign")
	require.True(t, grant.Once)
	require.JSONEq(t, `{"ok": true}`, string(grant.Payload))
	require.WithinDuration(t, time.Now().Add(time.Hour), grant.Until, time.Minute)
}

// The page that a person sees is the asker's, and signed with the link.
func TestLinkWithAPage(t *testing.T) {
	t.Parallel()
	verify := func(args ...string) *access.Grant {
		code, stdout, stderr := link(t, append([]string{"b1", "Approval", "--output", "json"}, args...)...)
		require.Equal(t, cli.ExitOK, code, stderr)
		require.Contains(t, stderr, "instances: warning: the key weak has fewer than 16 characters")
		var made struct{ URL string }
		require.NoError(t, json.Unmarshal([]byte(stdout), &made))
		u, err := url.Parse(made.URL)
		require.NoError(t, err)
		keys, err := access.ParseKeys(linkKeys)
		require.NoError(t, err)
		grant, _, err := keys.Verify("default", "b1", "Approval", u.Query(), time.Now())
		require.NoError(t, err)
		return grant
	}
	require.Equal(t, access.Page{Title: "Budget?", Text: "Of 100", From: "Finance", Answer: access.AnswerYesNo, Yes: "Approve", No: "Reject"},
		verify("--title", "Budget?", "--text", "Of 100", "--from", "Finance", "--yes", "Approve", "--no", "Reject").Page)
	require.Equal(t, access.Page{Answer: access.AnswerYesNo}, verify("--answer", "yes-no").Page)
	require.Equal(t, access.Page{Answer: access.AnswerText}, verify("--answer", "text").Page)
	require.Equal(t, access.Page{}, verify("--answer", "json").Page)
	require.Equal(t, access.Page{Yes: "Approve"}, verify("true", "--yes", "Approve").Page)
}

func TestLinkRefusals(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"expected an instance id, the name of an event": {"b1"},
		"invalid name":                                           {"a/b", "Approval"},
		"payload is not JSON":                                    {"b1", "Approval", "{"},
		"--url: use http or https, a host":                       {"b1", "Approval", "--url", "https://example.org?code=0123456789abcdef-mail"},
		"--for 0s: more than 0":                                  {"b1", "Approval", "--for", "0s"},
		"--answer number: use json, yes-no or text":              {"b1", "Approval", "--answer", "number"},
		"a link with a payload asks for no other answer":         {"b1", "Approval", "true", "--no", "Reject"},
		"the title of the link has more than 100 characters":     {"b1", "Approval", "--title", strings.Repeat("x", 101)},
		`there is no key "nobody"`:                               {"b1", "Approval", "--key", "nobody"},
		`the key "viewer" may not raise events on hub "default"`: {"b1", "Approval", "--key", "viewer"},
		`the key "weak" may not raise events on hub "default", or has fewer than 16 characters`: {"b1", "Approval", "--key", "weak"},
		`none of the keys may sign for hub "other"`:                                             {"b1", "Approval", "--hub", "other"},
		"the file of keys cannot be read":                                                       {"b1", "Approval", "--http-keys", "mail 0123456789abcdef-mail"},
	} {
		code, stdout, stderr := link(t, args...)
		require.Equal(t, cli.ExitUsage, code, says)
		require.Empty(t, stdout, says)
		require.Contains(t, stderr, says)
	}
}
