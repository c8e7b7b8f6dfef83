package client_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// A wait goes on when the connection breaks, whatever the client is doing then.
func TestWaitingSurvivesABrokenConnection(t *testing.T) {
	t.Parallel()
	waits := map[string]func(context.Context, *client.Client) error{
		"wait":  func(ctx context.Context, c *client.Client) error { _, err := c.Wait(ctx, "a"); return err },
		"start": func(ctx context.Context, c *client.Client) error { _, err := c.WaitForStart(ctx, "a"); return err },
		"watch": func(ctx context.Context, c *client.Client) error {
			for _, err := range c.Watch(ctx, "a") {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"receipt": func(ctx context.Context, c *client.Client) error {
			_, err := c.RaiseWithReceipt(ctx, "a", "E", 1, client.WithKeepFor(time.Hour))
			return err
		},
	}
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hub := newFakeHub("Greet")
				hub.set("a", &record.InstanceRecord{Status: history.Pending})
				hub.unreachable = 20
				done := make(chan error)
				go func() { done <- wait(t.Context(), client.New(hub)) }()
				time.Sleep(time.Minute)
				hub.mu.Lock()
				hub.unreachable = 20
				hub.mu.Unlock()
				hub.set("a", &record.InstanceRecord{Status: history.Completed, Watermark: 100})
				require.NoError(t, <-done)

				hub.unreachable = 1 << 20
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				require.ErrorIs(t, wait(ctx, client.New(hub)), context.DeadlineExceeded)
			})
		})
	}
}

// A hub that has answered and then does not in time, such as a cluster that elects a
// leader, ends no wait; one that has never answered does.
func TestWaitingSurvivesASilentHub(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub("Greet")
		hub.set("a", &record.InstanceRecord{Status: history.Pending})
		hub.silent = 1
		_, err := client.New(hub).Wait(t.Context(), "a")
		require.ErrorIs(t, err, context.DeadlineExceeded)

		done := make(chan error)
		go func() {
			_, err := client.New(hub).Wait(t.Context(), "a")
			done <- err
		}()
		synctest.Wait()
		hub.mu.Lock()
		hub.silent = 3
		hub.mu.Unlock()
		hub.set("a", &record.InstanceRecord{Status: history.Completed})
		require.NoError(t, <-done)
	})
}
