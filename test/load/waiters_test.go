package load

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// TestWaiters lets 10,000 wait at a time, each for another instance, in one process.
func TestWaiters(t *testing.T) {
	s := newFixture(t)
	waiters := size(10_000)
	began := time.Now()
	s.each(waiters, func(i int) error {
		_, err := s.client.Start(s.ctx, "Gate", nil, client.WithInstanceID(id(i)))
		return err
	})
	t.Logf("started %d in %v", waiters, time.Since(began))

	began = time.Now()
	var waiting, done sync.WaitGroup
	var approved atomic.Int64
	failed := make(chan error, waiters)
	waiting.Add(waiters)
	for i := range waiters {
		done.Go(func() {
			once := sync.OnceFunc(waiting.Done)
			defer once()
			for instance, err := range s.client.Watch(s.ctx, id(i)) {
				once()
				if err != nil {
					failed <- err
					return
				}
				if instance.Status == client.Completed {
					approved.Add(1)
				}
			}
		})
	}
	waiting.Wait()
	subscriptions := s.server.NumSubscriptions()
	t.Logf("%d wait after %v, with %d consumers", waiters, time.Since(began), s.consumers())
	require.Zero(t, s.consumers())

	began = time.Now()
	s.each(waiters, func(i int) error { return s.client.Raise(s.ctx, id(i), "Approval", true) })
	done.Wait()
	require.Empty(t, failed)
	require.EqualValues(t, waiters, approved.Load())
	t.Logf("all were raised and told in %v", time.Since(began))
	// The worker has opened all that it needs by now.
	require.LessOrEqual(t, subscriptions, s.server.NumSubscriptions()+1)
}

func id(i int) string { return fmt.Sprintf("i%d", i) }

// each does something n times, by so many hands as can be busy at a time.
func (s *fixture) each(n int, do func(i int) error) {
	s.Helper()
	const hands = 64
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, hands)
	for range hands {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		require.NoError(s, err)
	}
}
