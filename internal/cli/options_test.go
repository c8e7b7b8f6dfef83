package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func TestConnectConfigURL(t *testing.T) {
	tests := map[string]struct {
		options   cli.Options
		env       string
		want      string
		elsewhere string
	}{
		"default":             {cli.Options{}, "", cli.DefaultURL, ""},
		"environment":         {cli.Options{}, "nats://env", "nats://env", "NATS_URL"},
		"flag":                {cli.Options{URL: "nats://flag"}, "nats://env", "nats://flag", "--nats-url"},
		"context":             {cli.Options{Context: "c"}, "nats://env", "", "--context"},
		"login":               {cli.Options{Creds: "c"}, "", cli.DefaultURL, "--creds"},
		"inbox, no login":     {cli.Options{InboxPrefix: "_INBOX.op"}, "", cli.DefaultURL, ""},
		"flag beside context": {cli.Options{Context: "c", URL: "nats://flag"}, "nats://env", "nats://flag", "--nats-url"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NATS_URL", tt.env)
			got, err := tt.options.ConnectConfig("test")
			require.NoError(t, err)
			require.Equal(t, tt.want, got.URL)
			require.Equal(t, tt.elsewhere, tt.options.Elsewhere())
		})
	}
}

// If no flag names a server the login in the data directory is used, unless other users can
// read it.
func TestConnectConfigFindsTheLogin(t *testing.T) {
	t.Parallel()
	o := cli.Options{DataDir: t.TempDir()}
	file := filepath.Join(o.DataDir, "logins", "operator")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("nats://operator:x@127.0.0.1:5\n"), 0o600))
	got, err := o.ConnectConfig("test")
	require.NoError(t, err)
	require.Equal(t, "nats://operator:x@127.0.0.1:5", got.URL)
	elsewhere := o
	elsewhere.URL = "nats://flag"
	got, err = elsewhere.ConnectConfig("test")
	require.NoError(t, err)
	require.Equal(t, "nats://flag", got.URL)

	for path, mode := range map[string]os.FileMode{file: 0o640, filepath.Dir(file): 0o755} {
		before, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(path, mode))
		_, err = o.ConnectConfig("test")
		require.ErrorIs(t, err, jetstream.ErrLoginsExposed)
		require.ErrorContains(t, err, "chmod go= "+path)
		require.NoError(t, os.Chmod(path, before.Mode()))
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arg, stdin string
		want       string
		says       string
	}{
		"argument":      {`{"a": 1}`, "ignored", `{"a": 1}`, ""},
		"negative":      {"-5", "", "-5", ""},
		"stdin":         {"-", "[1]\n", "[1]", ""},
		"empty":         {"", "1", "", "the payload is empty, which is not JSON: leave it out to send none"},
		"blank":         {" \n", "1", "", "the payload is empty, which is not JSON: leave it out to send none"},
		"empty stdin":   {"-", "", "", "the payload on stdin is empty, which is not JSON: leave it out to send none"},
		"blank stdin":   {"-", " \n", "", "the payload on stdin is empty"},
		"not JSON":      {"yes", "", "", "the payload is not JSON: invalid character 'y'"},
		"not JSON in":   {"-", "{", "", "the payload on stdin is not JSON: unexpected end"},
		"Python":        {" True", "", "", "(JSON writes it true)"},
		"bare word":     {"yes", "", "", `(a string needs its quotes: '"text"')`},
		"more than one": {"1 2", "", "", "the payload is not JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cli.Payload("payload", tt.arg, strings.NewReader(tt.stdin))
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
				require.Equal(t, cli.ExitUsage, cli.Code(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
}

// endless is a stdin that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadInput(t *testing.T) {
	t.Parallel()
	data, err := cli.ReadInput("message", strings.NewReader(" yes\n"))
	require.NoError(t, err)
	require.Equal(t, " yes\n", string(data))
	_, err = cli.ReadInput("message", endless{})
	require.EqualError(t, err, "the message cannot be read: it is larger than 64 MiB")
}
