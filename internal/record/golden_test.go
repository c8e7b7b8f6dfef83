package record_test

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The golden files hold what some release of Dormouse has stored. If one of these
// tests fails the program can no longer read its own past: do not update the file,
// add a field at the end or raise Version.

func TestGoldenValues(t *testing.T) {
	t.Parallel()
	for name, want := range goldenValues() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored := golden(t, "value_"+name, want.Encode())
			got, err := record.Decode(stored)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, stored, got.Encode(), "what was read is not written the same way")
		})
	}
}

func TestGoldenEvents(t *testing.T) {
	t.Parallel()
	for _, want := range goldenEvents() {
		t.Run(want.Kind.String(), func(t *testing.T) {
			t.Parallel()
			stored := golden(t, "event_"+want.Kind.String(), record.NewLog(want).Stored())
			got, err := record.ParseLog(stored)
			require.NoError(t, err)
			require.Equal(t, []record.Event{want}, got.Events)
			require.Equal(t, stored, record.NewLog(got.Events...).Stored())
		})
	}
}

func TestGoldenEventsCoverEveryKind(t *testing.T) {
	t.Parallel()
	covered := map[history.Kind]bool{}
	for _, e := range goldenEvents() {
		covered[e.Kind] = true
	}
	for k := range 256 {
		kind := history.Kind(k)
		if strings.HasPrefix(kind.String(), "Kind(") {
			continue
		}
		require.True(t, covered[kind], "no golden file pins the stored form of %s", kind)
	}
}

// golden returns the bytes of a golden file; with -update it writes them first.
func golden(t *testing.T, name string, current []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name+".hex")
	if *update {
		require.NoError(t, os.WriteFile(path, hexLines(current), 0o600))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write a new golden file")
	stored, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	require.NoError(t, err)
	return stored
}

// hexLines writes bytes as lines of 32, so that a change shows where it is.
func hexLines(data []byte) []byte {
	var b strings.Builder
	for len(data) > 0 {
		n := min(32, len(data))
		b.WriteString(hex.EncodeToString(data[:n]) + "\n")
		data = data[n:]
	}
	return []byte(b.String())
}
