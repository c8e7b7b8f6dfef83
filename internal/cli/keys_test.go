package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

func TestReadKeys(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdef"
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte("filed "+secret+"-file read\n"), 0o600))

	keys, err := cli.ReadKeys("", "")
	require.NoError(t, err)
	require.Nil(t, keys)
	keys, err = cli.ReadKeys(file, "env "+secret)
	require.NoError(t, err)
	require.Equal(t, "filed", keys.String(), "the file comes first")
	keys, err = cli.ReadKeys("", "env "+secret+"; more "+secret+"-2 raise")
	require.NoError(t, err)
	require.Equal(t, "env,more", keys.String())

	for _, wrong := range []struct{ file, text, says string }{
		{file + "-none", "", "keys of the HTTP API: the file of keys cannot be read: no such file or directory"},
		{"ops " + secret, "", "keys of the HTTP API: the file of keys cannot be read: no such file or directory"},
		{"", secret, "keys of the HTTP API in DORMOUSE_HTTP_KEYS: line 1: a key is written NAME KEY [SCOPES [HUBS]]"},
		{"", " ", "keys of the HTTP API in DORMOUSE_HTTP_KEYS: there are no keys"},
	} {
		_, err := cli.ReadKeys(wrong.file, wrong.text)
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
