package jetstream

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

// TestAskEndsWhenTheConnectionBreaks: nobody answers what a server was asked that
// is gone.
func TestAskEndsWhenTheConnectionBreaks(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	nc := h.nc
	for _, tt := range []struct {
		breakOff func()
		want     error
	}{
		{func() { require.NoError(t, nc.ForceReconnect()) }, pull.ErrDisconnected},
		{nc.Close, nats.ErrConnectionClosed},
	} {
		asked, answered := make(chan struct{}), make(chan error)
		go func() {
			_, err := roundTrip(t.Context(), h.connection, func(ctx context.Context) (int, error) {
				close(asked)
				<-ctx.Done()
				return 0, ctx.Err()
			})
			answered <- err
		}()
		<-asked
		tt.breakOff()
		require.ErrorIs(t, <-answered, tt.want)
		if !nc.IsClosed() {
			require.Eventually(t, func() bool {
				_, _, err := h.Load(t.Context(), "i")
				return err == nil
			}, 10*time.Second, time.Millisecond, "it can be asked again")
		}
	}
}
