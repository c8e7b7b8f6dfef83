package jetstream_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func startEmbedded(t testing.TB, config jetstream.EmbeddedConfig) *jetstream.Embedded {
	t.Helper()
	e, err := jetstream.StartEmbedded(config)
	require.NoError(t, err)
	t.Cleanup(e.Shutdown)
	return e
}

func TestEmbeddedKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "a", "b")
		for run := range 2 {
			e := startEmbedded(t, jetstream.EmbeddedConfig{DataDir: dir, SyncAlways: sync})
			require.Empty(t, e.ClientURL())
			nc, err := e.Connect()
			require.NoError(t, err)
			hub := natstest.Open(t, nc)
			v, revision, err := hub.Load(t.Context(), "i")
			require.NoError(t, err)
			require.Equal(t, run == 1, v != nil)
			_, err = hub.Commit(t.Context(), "i", value("e"), revision)
			require.NoError(t, err)
			nc.Close()
			e.Shutdown()
			e.Shutdown()
		}
	}
}

func TestEmbeddedListens(t *testing.T) {
	t.Parallel()
	e := startEmbedded(t, jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: "127.0.0.1:0"})
	require.True(t, strings.HasPrefix(e.ClientURL(), "nats://127.0.0.1:"), e.ClientURL())
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: e.ClientURL()})
	require.NoError(t, err)
	natstest.Open(t, nc)
	nc.Close()
}

func TestEmbeddedSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	used := t.TempDir()
	startEmbedded(t, jetstream.EmbeddedConfig{DataDir: used})
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	locked := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(locked, "dormouse.lock"), 0o700))
	broken := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(broken, "jetstream"), nil, 0o600))

	for name, c := range map[string]struct {
		config   jetstream.EmbeddedConfig
		sentinel error
		want     string
	}{
		"no directory":        {jetstream.EmbeddedConfig{}, jetstream.ErrDataDir, "none is given"},
		"directory in use":    {jetstream.EmbeddedConfig{DataDir: used}, jetstream.ErrDataDirInUse, used + ": stop that process"},
		"directory is a file": {jetstream.EmbeddedConfig{DataDir: file}, jetstream.ErrDataDir, "cannot use the data directory"},
		"below a file":        {jetstream.EmbeddedConfig{DataDir: filepath.Join(file, "x")}, jetstream.ErrDataDir, "cannot use the data directory"},
		"not writable":        {jetstream.EmbeddedConfig{DataDir: locked}, jetstream.ErrDataDir, "cannot use the data directory"},
		"not to be read":      {jetstream.EmbeddedConfig{DataDir: broken}, nil, "embedded NATS server"},
		"port taken": {
			jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: taken.Addr().String()}, jetstream.ErrListen, "address already in use",
		},
		"no port":  {jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: "127.0.0.1"}, jetstream.ErrListen, "HOST:PORT"},
		"bad port": {jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: "127.0.0.1:x"}, jetstream.ErrListen, "number"},
		"bad host": {jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: "256.0.0.1:0"}, jetstream.ErrListen, "cannot listen"},
	} {
		_, err := jetstream.StartEmbedded(c.config)
		require.Error(t, err, name)
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "\n", name)
		if c.sentinel != nil {
			require.ErrorIs(t, err, c.sentinel, name)
		}
	}
}
