package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// TestEndedInstancesGoWhenTheirTimeIsUp, and no others.
func TestEndedInstancesGoWhenTheirTimeIsUp(t *testing.T) {
	t.Parallel()
	each(t, registerCollector, func(s *fixture) {
		require.NoError(s, s.client.Settings().SetRetention(s.ctx, time.Millisecond))
		s.work()
		s.start("Collector", 1, "ends")
		s.start("Collector", 1, "waits")
		s.raise("ends", "Item", "1")
		require.Eventually(s, func() bool {
			_, err := s.client.Get(s.ctx, "ends")
			return err != nil
		}, patience, 10*time.Millisecond)
		_, err := s.client.Get(s.ctx, "ends")
		require.ErrorIs(s, err, client.ErrInstanceNotFound)
		s.raise("waits", "Item", "2")
		s.ends("waits")
	})
}
