package monitor

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A worker says once why it cannot work, again when the reason changes, and once when it
// works again; a renewal that fails once is nothing.
func TestHealthIsSaidWhereItChanges(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := &Health{log: slog.New(slog.NewTextHandler(&log, nil))}
	full, broken := errors.New("full"), errors.New("broken")
	of := func(lease string, err error) error { return fmt.Errorf("renew %s: %w", lease, err) }
	for _, step := range []struct {
		err    error
		health error
		said   string
	}{
		{nil, nil, ""},
		{of("a", full), nil, ""},
		{nil, nil, ""},
		{of("a", full), nil, ""},
		{of("a", full), full, "cannot work"},
		{of("b", full), full, ""},
		{of("a", broken), broken, "cannot work"},
		{of("a", broken), broken, ""},
		{nil, nil, "works again"},
		{nil, nil, ""},
	} {
		log.Reset()
		h.Report(step.err)
		require.ErrorIs(t, h.Current(), step.health)
		require.Contains(t, log.String(), step.said)
		require.Equal(t, step.said != "", strings.Contains(log.String(), "\n"))
	}
}
