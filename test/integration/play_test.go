package integration

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// fleet is workers on one standalone server, and a workload for them.
type fleet struct {
	testing.TB
	ctx    context.Context
	server *natsServer
	client *client.Client
	leases *leases
	plans  []plan
	// again makes events be raised until they are stored, and some twice, with ids.
	// Without, nothing but the watermark keeps one that is delivered again from
	// being taken in again.
	again bool
}

// newFleet makes a workload with so many instances of each kind.
func newFleet(t testing.TB, each int) *fleet {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	t.Cleanup(cancel)
	return &fleet{TB: t, ctx: ctx, server: launchServer(t), plans: workload(each)}
}

// hire starts a worker of that name. Every other has no cache to speak of.
func (f *fleet) hire(name string) *process {
	f.Helper()
	size := "0"
	if name[len(name)-1]%2 == 1 {
		size = "5"
	}
	w := launch(f, program("testworker"), nil, "--nats-url", f.server.url, "--id", name, "--cache-size", size)
	w.says(name + " serves")
	if f.client == nil {
		f.client = client.New(openHub(f, f.server.url))
		f.leases = watchLeases(f, f.server.url)
	}
	return w
}

// shared waits until these workers, and no others, share all partitions.
func (f *fleet) shared(workers ...string) {
	f.Helper()
	f.leases.until(func(held map[string]string) bool {
		counts, sum := partitions(held), 0
		for _, w := range workers {
			if counts[w] == 0 {
				return false
			}
			sum += counts[w]
		}
		return sum == 16 && len(counts) == len(workers)
	})
}

// play raises the events in waves, one in each interval at most. In the middle of
// every wave it lets something happen.
func (f *fleet) play(interval time.Duration, happen func(wave int)) {
	f.Helper()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for wave := range waves {
		var raising sync.WaitGroup
		middle := make(chan struct{})
		raising.Go(func() { f.raiseWave(wave, middle) })
		<-middle
		happen(wave)
		raising.Wait()
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			f.Fatal("the waves take too long")
		}
	}
}

// raiseWave raises the wave's event of every instance, and starts those whose
// first it is. It closes middle when a third of it is done.
func (f *fleet) raiseWave(wave int, middle chan<- struct{}) {
	due := make(chan plan)
	var raising sync.WaitGroup
	for range 16 {
		raising.Go(func() {
			for p := range due {
				f.raise(p, wave)
			}
		})
	}
	for i, p := range f.plans {
		if i == len(f.plans)/3 {
			close(middle)
		}
		due <- p
	}
	close(due)
	raising.Wait()
}

// raise raises the wave's event of an instance.
func (f *fleet) raise(p plan, wave int) {
	n := wave - p.first
	if n < 0 || n >= len(p.events) {
		return
	}
	if n == 0 {
		f.insist(func() error {
			_, err := f.client.Start(f.ctx, p.orchestrator, p.input, client.WithInstanceID(p.id))
			return err
		})
	}
	e := p.events[n]
	if !f.again {
		if err := f.client.Raise(f.ctx, p.id, e.name, e.payload); err != nil {
			f.Errorf("raise event %d on %s: %v", n, p.id, err)
		}
		return
	}
	for range 1 + n%3/2 {
		f.insist(func() error {
			return f.client.Raise(f.ctx, p.id, e.name, e.payload, client.WithEventID(e.name+strconv.Itoa(n)))
		})
	}
}

// insist calls do until it succeeds, or what it asks for is there already from a
// try whose answer was lost.
func (f *fleet) insist(do func() error) {
	for {
		err := do()
		if err == nil || errors.Is(err, client.ErrInstanceExists) || errors.Is(err, client.ErrInstanceEnded) {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-f.ctx.Done():
			f.Errorf("given up: %v", err)
			return
		}
	}
}

// verify waits until all instances have completed, each with what its events
// brought, and checks that nothing is left over.
func (f *fleet) verify() {
	f.Helper()
	for _, p := range f.plans {
		var i *client.Instance
		f.insist(func() (err error) {
			i, err = f.client.Wait(f.ctx, p.id)
			return err
		})
		require.NotNil(f, i, "instance %s did not complete", p.id)
		require.Equal(f, client.Completed, i.Status, "instance %s: %+v", p.id, i.Failure)
		require.JSONEq(f, p.output, string(i.Output), "instance %s", p.id)
		f.tookInOnce(p, i)
	}
	f.nothingLeft()
}

// tookInOnce looks for the events in the history, as far as it goes back.
func (f *fleet) tookInOnce(p plan, i *client.Instance) {
	f.Helper()
	recorded, err := f.client.History(f.ctx, p.id)
	require.NoError(f, err)
	var got []string
	for _, e := range recorded {
		if e.Kind == history.EventRaised {
			got = append(got, e.Name+" "+string(e.Data))
		}
	}
	var want []string
	for _, e := range p.events[i.Generation:] {
		payload := ""
		if e.payload != nil {
			payload = fmt.Sprintf("%#v", e.payload)
		}
		want = append(want, e.name+" "+payload)
	}
	require.Equal(f, want, got, "instance %s", p.id)
}

// nothingLeft waits until every message was acked, and looks for dead letters.
func (f *fleet) nothingLeft() {
	f.Helper()
	nc, err := nats.Connect(f.server.url)
	require.NoError(f, err)
	defer nc.Close()
	streams, err := js.New(nc)
	require.NoError(f, err)
	for _, name := range []string{"default-control", "default-activity", "default-dead"} {
		var left uint64
		require.Eventually(f, func() bool {
			stream, err := streams.Stream(f.ctx, name)
			if err != nil {
				return false
			}
			left = stream.CachedInfo().State.Msgs
			return left == 0
		}, 2*patience, 100*time.Millisecond, "messages are left in %s", name)
	}
}
