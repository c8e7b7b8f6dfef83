package client_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// A watch of a list reads the list once, and again only after changes. It goes on when the
// connection breaks.
func TestWatchListReadsOnlyAfterChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		for n := range 5 {
			hub.set(fmt.Sprint(n), &record.InstanceRecord{Status: history.Running})
		}
		hub.unreachable = 2 // for the watch
		ctx, cancel := context.WithCancel(t.Context())
		var seen []string
		done := make(chan error, 1)
		go func() {
			for page, err := range client.New(hub).WatchList(ctx, client.Filter{Limit: 2}) {
				if err != nil {
					done <- err
					return
				}
				for _, s := range page {
					seen = append(seen, s.Instance)
				}
			}
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"0", "1", "2", "3", "4"}, seen)
		require.EqualValues(t, 3, hub.scans.Load(), "one for each page")
		for range 1000 {
			hub.set("1", &record.InstanceRecord{Status: history.Running})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, "1", seen[len(seen)-1])
		require.LessOrEqual(t, hub.scans.Load(), int32(3+4), "a second of changes")
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestWatchListEndsWithItsReader(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{Status: history.Running})
	for page, err := range client.New(hub).WatchList(t.Context(), client.Filter{}) {
		require.NoError(t, err)
		require.Len(t, page, 1)
		break
	}
	for _, err := range client.New(hub).WatchList(t.Context(), client.Filter{Token: "nonsense"}) {
		require.ErrorIs(t, err, client.ErrInvalidToken)
	}
}
