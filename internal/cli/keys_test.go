package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/access"
)

// readKeys reads the keys that the arguments and the variable name.
func readKeys(t *testing.T, text string, args ...string) (*access.Keys, error) {
	t.Helper()
	t.Setenv(cli.KeysVariable, text)
	var keys cli.KeysFlag
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	keys.AddFlag(flags)
	require.NoError(t, flags.Parse(args))
	return keys.Read()
}

func TestReadKeys(t *testing.T) {
	const secret = "0123456789abcdef"
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte("filed "+secret+"-file read\n"), 0o600))

	keys, err := readKeys(t, "")
	require.NoError(t, err)
	require.Nil(t, keys)
	keys, err = readKeys(t, "env "+secret, "--http-keys", file)
	require.NoError(t, err)
	require.Equal(t, "filed", keys.String(), "the file comes first")
	keys, err = readKeys(t, "env "+secret+"; more "+secret+"-2 raise")
	require.NoError(t, err)
	require.Equal(t, "env,more", keys.String())

	for _, wrong := range []struct {
		text string
		args []string
		says string
	}{
		{"", []string{"--http-keys", file + "-none"}, "keys of the HTTP API: the file of keys cannot be read: no such file or directory"},
		{"", []string{"--http-keys", "ops " + secret}, "keys of the HTTP API: the file of keys cannot be read: no such file or directory"},
		{secret, nil, "keys of the HTTP API in DORMOUSE_HTTP_KEYS: line 1: a key is written NAME KEY [SCOPES [HUBS]]"},
		{" ", nil, "keys of the HTTP API in DORMOUSE_HTTP_KEYS: there are no keys"},
		{"", []string{"--http-keys", ""}, "--http-keys is empty: name a file, or leave it out"},
		{"env " + secret, []string{"--http-keys="}, "--http-keys is empty: name a file, or leave it out"},
	} {
		_, err := readKeys(t, wrong.text, wrong.args...)
		require.EqualError(t, err, wrong.says)
		require.Equal(t, cli.ExitUsage, cli.Code(err))
	}
}

func TestCheckListen(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"127.0.0.1:0", ":7071", "[::1]:65535", "localhost:1"} {
		require.NoError(t, cli.CheckListen("http", good, "127.0.0.1:7071"))
	}
	for _, bad := range []string{"", "7071", "h", "h:", "h:http", "h:65536", "::1:7", "h:-1"} {
		require.ErrorContains(t, cli.CheckListen("http", bad, "127.0.0.1:7071"), `: use HOST:PORT, such as 127.0.0.1:7071`, bad)
	}
}
