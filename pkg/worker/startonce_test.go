package worker_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// runs are the executions that have run, by instance.
type runs struct {
	mu   sync.Mutex
	seen map[string]map[string]bool
}

func (r *runs) register(to *orchestration.Registry) {
	to.Add(orchestration.Orchestrator("Once", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
		return orchestration.CallActivity[int](ctx, "Count", 1).Await()
	}))
	to.Add(orchestration.Activity("Count", func(ctx context.Context, n int) (int, error) {
		info, _ := orchestration.ActivityInfoFrom(ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.seen[info.InstanceID] == nil {
			r.seen[info.InstanceID] = map[string]bool{}
		}
		r.seen[info.InstanceID][info.ExecutionID] = true
		return n, nil
	}))
}

// One call of Start is one execution, though the worker is faster than the client, and
// events are kept for the id at the same time; whether one server stores it all, or three
// have to agree.
func TestOneStartIsOneExecution(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts three servers")
	}
	for name, replicas := range map[string]int{"one server": 1, "three servers": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: natstest.StartCluster(t)[0].ClientURL()})
			require.NoError(t, err)
			t.Cleanup(nc.Close)
			r := runs{seen: map[string]map[string]bool{}}
			hub := natstest.OpenWith(t, nc, jetstream.Config{Replicas: replicas, Partitions: 4, LeaseTTL: time.Minute})
			s := newFixture(t, hub, r.register)
			s.work()
			startMany(s, &r)
		})
	}
}

func startMany(s *fixture, r *runs) {
	s.Helper()
	const starters, each = 16, 25
	var starting sync.WaitGroup
	for n := range starters {
		starting.Go(func() {
			for i := range each {
				s.startAmongEvents(fmt.Sprintf("%d-%d", n, i), i%2 == 0)
			}
		})
	}
	starting.Wait()
	require.Eventually(s, func() bool {
		n := 0
		for _, err := range s.client.All(s.ctx, client.Filter{Status: []client.Status{client.Completed}}) {
			require.NoError(s, err)
			n++
		}
		return n == starters*each
	}, patience, 50*time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Len(s, slices.Collect(maps.Keys(r.seen)), starters*each)
	for id, executions := range r.seen {
		require.Len(s, executions, 1, id)
	}
}

// startAmongEvents starts an instance while events are being kept for it, and raises an
// event on it at once.
func (s *fixture) startAmongEvents(id string, with bool) {
	var keeping sync.WaitGroup
	for range 4 {
		keeping.Go(func() { assert.NoError(s, s.client.Raise(s.ctx, id, "E", 1, client.WithKeepFor(time.Hour))) })
	}
	var err error
	if with {
		_, err = s.client.StartWithEvent(s.ctx, "Once", nil, "F", 1, client.WithInstanceID(id))
	} else {
		_, err = s.client.Start(s.ctx, "Once", nil, client.WithInstanceID(id))
	}
	assert.NoError(s, err)
	if err := s.client.Raise(s.ctx, id, "G", 1); !errors.Is(err, client.ErrInstanceEnded) {
		assert.NoError(s, err)
	}
	keeping.Wait()
}
