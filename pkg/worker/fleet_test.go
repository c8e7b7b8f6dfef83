package worker_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// TestRule12OnNATSWhileWorkersComeAndGo raises events as fast as it can, some of
// them twice, on a fleet whose workers are stopped, cut off and started at random,
// with connections that break. Every instance takes in all its events once, in order.
func TestRule12OnNATSWhileWorkersComeAndGo(t *testing.T) {
	t.Parallel()
	const instances, events = 20, 120
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	f := newFleet(t, rand.New(rand.NewPCG(seed, seed)))
	f.hire()
	f.hire()
	for i := range instances {
		f.start([]string{"Collector", "InOrder"}[i%2], events, instance(i))
	}
	var raising sync.WaitGroup
	for i := range instances {
		raising.Go(func() { f.raiseAll(instance(i), events) })
	}
	// An instance of InOrder takes at least a turn for each event's activity.
	for until := instances / 2 * events; f.commits.count() < until; {
		f.disturb()
		f.progress(1 + f.random.IntN(20))
	}
	raising.Wait()
	for i := range instances {
		f.completes(instance(i), upTo(events))
		f.tookInOnce(instance(i), events)
	}
	t.Logf("%d commits, %d disturbances", f.commits.count(), f.disturbances)
}

func instance(i int) string { return "i" + strconv.Itoa(i) }

// fleet is a stage with workers that come and go, each with its own connection.
type fleet struct {
	*stage
	config       jetstream.Config
	random       *rand.Rand
	commits      *commits
	connection   *nats.Conn // the client's
	workers      []*hand
	disturbances int
}

// hand is a worker of a fleet.
type hand struct {
	connection *nats.Conn
	stop       func()
}

func newFleet(t *testing.T, random *rand.Rand) *fleet {
	t.Helper()
	owner := natstest.OpenShared(t, jetstream.Config{})
	config := jetstream.Config{Name: owner.Name(), LeaseTTL: time.Second, KeepAliveInterval: 500 * time.Millisecond}
	connection := natstest.Connect(t, natstest.Shared(t))
	s := newStage(t, natstest.OpenWith(t, connection, config), func(r *orchestration.Registry) {
		registerCollector(r)
		registerInOrder(r)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	s.ctx = ctx
	return &fleet{
		stage: s, config: config, random: random, connection: connection,
		commits: &commits{changed: make(chan struct{}, 1)},
	}
}

// hire starts a worker.
func (f *fleet) hire() {
	f.Helper()
	connection := natstest.Connect(f, natstest.Shared(f))
	hub := countingHub{natstest.OpenWith(f, connection, f.config), f.commits}
	size := []int{0, 1, -1}[f.random.IntN(3)]
	_, stop := f.launch(hub, worker.Config{CacheSize: size, DrainTimeout: time.Second})
	f.workers = append(f.workers, &hand{connection, stop})
}

// disturb does one thing that the fleet has to stand. One worker is left at least.
func (f *fleet) disturb() {
	f.Helper()
	f.disturbances++
	n := f.random.IntN(len(f.workers))
	w := f.workers[n]
	switch f.random.IntN(6) {
	case 0, 1:
		require.NoError(f, w.connection.ForceReconnect())
	case 2:
		require.NoError(f, f.connection.ForceReconnect())
	case 3:
		f.dismiss(n)
		w.stop()
	case 4:
		// Its leases run out, and what it was given comes again.
		f.dismiss(n)
		w.connection.Close()
		w.stop()
	case 5:
		if len(f.workers) < 4 {
			f.hire()
		}
	}
}

// dismiss takes a worker off the list; a last one is replaced first.
func (f *fleet) dismiss(n int) {
	f.workers = append(f.workers[:n:n], f.workers[n+1:]...)
	if len(f.workers) == 0 {
		f.hire()
	}
}

// progress waits until some more turns are committed, or all is done.
func (f *fleet) progress(turns int) {
	f.Helper()
	for target := f.commits.count() + turns; f.commits.count() < target; {
		select {
		case <-f.commits.changed:
		case <-time.After(time.Second):
			if f.allEnded() {
				return
			}
		case <-f.ctx.Done():
			f.Fatalf("no progress: %d commits, %d workers", f.commits.count(), len(f.workers))
		}
	}
}

func (f *fleet) allEnded() bool {
	for summary, err := range f.client.All(f.ctx, client.Filter{}) {
		if err != nil || !summary.Status.Ended() {
			return false
		}
	}
	return true
}

// raiseAll raises events in order, every fourth twice, each until it is stored.
func (f *fleet) raiseAll(id string, events int) {
	for i := range events {
		for range 1 + i%4/3 {
			f.insist(func() error {
				return f.client.Raise(f.ctx, id, "Item", i, client.WithEventID(fmt.Sprintf("%s-%d", id, i)))
			})
		}
	}
}

// insist calls do until it succeeds. That an instance has ended already is
// success for whoever raises its last event again.
func (f *fleet) insist(do func() error) {
	for {
		err := do()
		if err == nil || errors.Is(err, client.ErrInstanceEnded) || f.ctx.Err() != nil {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-f.ctx.Done():
		}
	}
}

// tookInOnce looks into the history.
func (f *fleet) tookInOnce(id string, events int) {
	f.Helper()
	recorded, err := f.client.History(f.ctx, id)
	require.NoError(f, err)
	next := 0
	for _, e := range recorded {
		if e.Kind == history.EventRaised {
			require.Equal(f, fmt.Sprintf("%s-%d", id, next), e.ID)
			next++
		}
	}
	require.Equal(f, events, next)
}

// commits counts the turns that all workers have stored.
type commits struct {
	mu      sync.Mutex
	n       int
	changed chan struct{}
}

func (c *commits) add() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *commits) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// countingHub counts commits.
type countingHub struct {
	worker.Hub
	commits *commits
}

func (h countingHub) Commit(ctx context.Context, instance string, v *history.Value, expected uint64) (uint64, error) {
	revision, err := h.Hub.Commit(ctx, instance, v, expected)
	if err == nil {
		h.commits.add()
	}
	return revision, err
}
