package jetstream_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// smallDisk mounts a file system of 4 MiB, which takes rights that a test may not have.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// The disk is full for a while: the embedded server, which gives up on its files then, is
// started again when there is room, and its connections go on.
func TestDiskOfTheEmbeddedServerIsFull(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	var log testenv.Log
	e := startEmbedded(t, jetstream.EmbeddedConfig{
		DataDir: filepath.Join(disk, "data"), Listen: "127.0.0.1:0", Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	url := e.ClientURL()
	nc, err := e.Connect()
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	hub := natstest.Open(t, nc)
	number, err := hub.Post(t.Context(), raise("i", "E"))
	require.NoError(t, err)

	filler := filepath.Join(disk, "filler")
	file, err := os.Create(filler)
	require.NoError(t, err)
	for {
		if _, err := file.Write(make([]byte, 4<<10)); err != nil {
			break
		}
	}
	require.NoError(t, file.Close())
	for err == nil {
		large := raise("i", "E")
		large.Data = bytes.Repeat([]byte("x"), 8<<10)
		_, err = hub.Post(t.Context(), large)
	}
	require.ErrorContains(t, err, "storage is full or fails")
	const gaveUp = "cannot write to its files"
	require.Eventually(t, func() bool { return strings.Contains(log.String(), gaveUp) }, maxWait, soon)
	require.NotContains(t, log.String(), "was started again", "there is no room yet")
	for range 2 {
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err = hub.Post(short, raise("i", "E"))
		cancel()
		require.Error(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), "failed to store a msg"), "%s", log.String())

	require.NoError(t, os.Remove(filler))
	require.Eventually(t, func() bool {
		next, err := hub.Post(t.Context(), raise("i", "E"))
		return err == nil && next > number
	}, 2*maxWait, 100*time.Millisecond)
	require.Equal(t, url, e.ClientURL())
	require.Equal(t, 1, strings.Count(log.String(), gaveUp), "%s", log.String())
	require.Equal(t, 1, strings.Count(log.String(), "was started again"))
	require.NotContains(t, log.String(), nats.DefaultURL, "no address that nobody has given")
	b := openAll(t, hub)
	b.await(t, 2)
	require.Equal(t, number, b.seqs()[0], "what was stored before is there")
}
