package partition

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// A request about leases goes on when the worker stops, and ends when the hub is lost.
func TestRequestsAboutLeasesOutliveAStopOnly(t *testing.T) {
	t.Parallel()
	for cause, ends := range map[error]bool{
		errors.New("the worker stops"):            false,
		fmt.Errorf("removed: %w", hub.ErrHubLost): true,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithCancelCause(t.Context())
			asking, answered := leaseContext(ctx, time.Minute)
			defer answered()
			end(cause)
			synctest.Wait()
			require.Equal(t, ends, asking.Err() != nil, cause)
		})
	}
}
