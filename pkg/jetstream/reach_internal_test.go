package jetstream

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

// A stream that is gone breaks off the reading of all that is in it, again with each try.
func TestReasonThatManyMeetIsSaidOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := &connection{log: slog.New(slog.NewTextHandler(&log, nil))}
	pauses := newPauses()
	for range 5 {
		for work := range 16 {
			name := fmt.Sprint(work)
			h.loop("handing out of work was interrupted", keyWork, name).Broke(fmt.Errorf("open %s: %w", name, pull.ErrNoConsumer), &pauses)
		}
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	h.loop("handing out of work was interrupted", keyWork, "0").Broke(pull.ErrTakenOver, &pauses)
	require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
}
