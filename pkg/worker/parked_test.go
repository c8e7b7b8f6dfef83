package worker_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// TestParkedInstancesStayWithinTheCache parks many more instances than may stay in
// memory; each wakes by its event.
func TestParkedInstancesStayWithinTheCache(t *testing.T) {
	t.Parallel()
	const cacheSize = 300
	instances := 10_000
	if testing.Short() {
		instances = 1_000
	}
	s := newFixture(t, onNATS(t), registerCollector)
	s.patient()
	stored := newTally()
	var w atomic.Pointer[worker.Worker]
	hub := tellingHub{s.hub, func(v *record.InstanceRecord) {
		if w := w.Load(); w != nil && w.Parked() > cacheSize {
			t.Errorf("%d orchestrators are in memory", w.Parked())
		}
		stored.add(v)
	}}
	launched, _ := s.launch(hub, worker.Config{CacheSize: cacheSize, CacheIdle: time.Hour})
	w.Store(launched)

	s.many(instances, func(id string) error {
		_, err := s.client.Start(s.ctx, "Collector", 1, client.WithInstanceID(id))
		return err
	})
	s.reach(stored, func(turns, _ int) bool { return turns >= instances })
	require.Positive(t, launched.Parked())

	s.many(instances, func(id string) error { return s.client.Raise(s.ctx, id, "Item", id) })
	s.reach(stored, func(_, ended int) bool { return ended >= instances })
	require.Zero(t, launched.Parked())
	for _, id := range []string{instance(0), instance(instances / 2), instance(instances - 1)} {
		s.completes(id, `["`+id+`"]`)
	}
}

// patient gives the test more time than most need.
func (s *fixture) patient() {
	ctx, cancel := context.WithTimeout(s.Context(), 4*patience)
	s.Cleanup(cancel)
	s.ctx = ctx
}

// reach waits until the tally is what it should be.
func (s *fixture) reach(c *tally, enough func(turns, ended int) bool) {
	s.Helper()
	for !enough(c.count()) {
		select {
		case <-c.changed:
		case <-s.ctx.Done():
			turns, ended := c.count()
			s.Fatalf("only %d turns, %d instances ended", turns, ended)
		}
	}
}

// many calls do for so many instances, a hundred at a time.
func (s *fixture) many(n int, do func(id string) error) {
	s.Helper()
	var next atomic.Int64
	var calling sync.WaitGroup
	for range 100 {
		calling.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				if err := do(instance(i - 1)); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	calling.Wait()
	require.False(s, s.Failed())
}
