package jetstream_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// Somebody removes the data directory under the server, or what is in it: the hub is lost,
// which a worker ends of, and nothing is acknowledged any more that is kept nowhere.
func TestDataDirIsRemovedUnderTheEmbeddedServer(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there files that are open cannot be removed")
	}
	for name, remove := range map[string]func(dir string) error{
		"whole":   os.RemoveAll,
		"streams": func(dir string) error { return os.RemoveAll(filepath.Join(dir, "jetstream")) },
		"replaced": func(dir string) error {
			jetstreams := filepath.Join(dir, "jetstream")
			return os.CopyFS(jetstreams, os.DirFS(moved(t, jetstreams)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			var log testenv.Log
			e := startEmbedded(t, jetstream.EmbeddedConfig{DataDir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			nc, err := e.Connect()
			require.NoError(t, err)
			t.Cleanup(nc.Close)
			h := natstest.Open(t, nc)
			require.NoError(t, h.Check(t.Context()))

			require.NoError(t, remove(dir))
			require.Eventually(t, nc.IsClosed, maxWait, soon, "%s", &log)
			require.ErrorIs(t, h.Check(t.Context()), hub.ErrHubLost)
			require.Contains(t, log.String(), "the data directory was removed")
		})
	}
}

// moved moves a directory out of the way and returns where to.
func moved(t *testing.T, dir string) string {
	t.Helper()
	to := dir + ".moved"
	require.NoError(t, os.Rename(dir, to))
	return to
}
