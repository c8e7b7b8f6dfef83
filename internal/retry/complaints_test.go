package retry_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

// A complaint that many have at the same time, for one reason, is logged once in a while.
func TestComplaintsOfOneCauseAreOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c retry.Complaints
		said := 0
		for range 2 {
			for partition := range 16 {
				err := fmt.Errorf("partition %d: %w", partition, errors.Join(errors.New("gone")))
				if c.IsNew("delivery broke off", err) {
					said++
				}
			}
			require.True(t, c.IsNew("delivery broke off", fmt.Errorf("other %d", said)))
			time.Sleep(retry.ComplaintInterval)
		}
		require.Equal(t, 2, said)
	})
}
