package worker_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
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
	var playing sync.WaitGroup
	for i := range instances {
		playing.Go(func() {
			if i%4 < 2 {
				f.raiseOnce(instance(i), events)
			} else {
				f.raiseAgain(instance(i), events)
			}
			f.insist(func() error { _, err := f.client.Wait(f.ctx, instance(i)); return err })
		})
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		playing.Wait()
	}()
	for f.progress(over, 1+f.random.IntN(20)) {
		f.disturb()
	}
	for i := range instances {
		f.completes(instance(i), upTo(events))
		f.tookInOnce(instance(i), events)
	}
	turns, _ := f.stored.count()
	t.Logf("%d turns, %d disturbances", turns, f.disturbances)
}

func instance(i int) string { return "i" + strconv.Itoa(i) }

// fleet is a fixture with workers that come and go, each with its own connection.
type fleet struct {
	*fixture
	config jetstream.Config
	random *rand.Rand
	stored *tally
	// steady is a client whose connection is never disturbed, unlike that of the
	// fixture's client.
	steady       *client.Client
	connection   *nats.Conn
	workers      []*hand
	disturbances int
}

// hand is a worker of a fleet.
type hand struct {
	*freezer
	connection *nats.Conn
	stop       func()
}

func newFleet(t *testing.T, random *rand.Rand) *fleet {
	t.Helper()
	owner := natstest.OpenShared(t, jetstream.Config{})
	config := jetstream.Config{Name: owner.Name(), LeaseTTL: time.Second, KeepAliveInterval: 500 * time.Millisecond}
	connection := natstest.Connect(t, natstest.Shared(t))
	s := newFixture(t, natstest.OpenWith(t, connection, config), func(r *orchestration.Registry) {
		registerCollector(r)
		registerInOrder(r)
	})
	s.patient()
	return &fleet{
		fixture: s, config: config, random: random, connection: connection, stored: newTally(),
		steady: client.New(owner),
	}
}

// hire starts a worker.
func (f *fleet) hire() {
	f.Helper()
	connection := natstest.Connect(f, natstest.Shared(f))
	hub := &freezer{Hub: tellingHub{natstest.OpenWith(f, connection, f.config), f.stored.add}}
	size := []int{0, 1, -1}[f.random.IntN(3)]
	// It has registered before anything disturbs it.
	w, err := worker.Start(context.Background(), hub, f.registry, worker.Config{CacheSize: size, DrainTimeout: time.Second, Logger: quiet()})
	require.NoError(f, err)
	stop := testenv.Background(f, func(ctx context.Context) error {
		<-ctx.Done()
		return w.Stop(context.Background())
	})
	f.Cleanup(hub.goOn)
	f.workers = append(f.workers, &hand{hub, connection, stop})
}

// disturb does one thing that the fleet has to stand. One worker at least is left
// that can work.
func (f *fleet) disturb() {
	f.Helper()
	f.disturbances++
	n := f.random.IntN(len(f.workers))
	w := f.workers[n]
	switch f.random.IntN(8) {
	case 0, 1:
		require.NoError(f, w.connection.ForceReconnect())
	case 2:
		require.NoError(f, f.connection.ForceReconnect())
	case 3:
		f.dismiss(n)
		w.stop()
	case 4:
		// Its leases run out, and what it was given comes again.
		w.connection.Close()
		f.dismiss(n)
		w.stop()
	case 5:
		if len(f.workers) < 4 {
			f.hire()
		}
	case 6:
		w.freeze()
	case 7:
		w.goOn()
	}
	f.keepOneAwake()
}

// dismiss takes a worker off the list and lets it end.
func (f *fleet) dismiss(n int) {
	f.workers[n].goOn()
	f.workers = slices.Delete(f.workers, n, n+1)
	f.keepOneAwake()
}

func (f *fleet) keepOneAwake() {
	f.Helper()
	if !slices.ContainsFunc(f.workers, func(w *hand) bool { return !w.frozen() }) {
		f.hire()
	}
}

// progress waits until so many more turns are stored; it reports false once all is
// over.
func (f *fleet) progress(over <-chan struct{}, turns int) bool {
	f.Helper()
	before, _ := f.stored.count()
	target := before + turns
	for {
		select {
		case <-over:
			return false
		case <-f.stored.changed:
			if turns, _ := f.stored.count(); turns >= target {
				return true
			}
		case <-f.ctx.Done():
			f.Fatalf("no progress after %d turns, with %d workers", before, len(f.workers))
		}
	}
}

// raiseOnce raises events in order, without ids: nothing but the watermark keeps
// one that is delivered again from being taken in again.
func (f *fleet) raiseOnce(id string, events int) {
	for i := range events {
		if err := f.steady.Raise(f.ctx, id, "Item", i); err != nil {
			f.Errorf("raise event %d: %v", i, err)
			return
		}
	}
}

// raiseAgain raises events in order, every fourth twice, each until it is stored.
func (f *fleet) raiseAgain(id string, events int) {
	for i := range events {
		for range 1 + i%4/3 {
			f.insist(func() error {
				return f.client.Raise(f.ctx, id, "Item", i, client.WithEventID(strconv.Itoa(i)))
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
			require.Equal(f, strconv.Itoa(next), string(e.Data))
			next++
		}
	}
	require.Equal(f, events, next)
}
