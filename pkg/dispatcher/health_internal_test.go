package dispatcher

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A worker says once why it cannot work, again when the reason changes, and once when it
// works again; a renewal that fails once is nothing.
func TestHealthIsSaidWhereItChanges(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := &health{log: slog.New(slog.NewTextHandler(&log, nil))}
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
		h.report(step.err)
		require.ErrorIs(t, h.current(), step.health)
		require.Contains(t, log.String(), step.said)
		require.Equal(t, step.said != "", strings.Contains(log.String(), "\n"))
	}
}

// What many meet at the same time, for one reason, is said once in a while.
func TestComplaintsOfOneCauseAreOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c complaints
		said := 0
		for range 2 {
			for partition := range 16 {
				err := fmt.Errorf("partition %d: %w", partition, errors.Join(errors.New("gone")))
				if c.isNew("delivery broke off: " + cause(err)) {
					said++
				}
			}
			require.True(t, c.isNew("delivery broke off: "+cause(fmt.Errorf("other %d", said))))
			time.Sleep(complaintInterval)
		}
		require.Equal(t, 2, said)
	})
}
