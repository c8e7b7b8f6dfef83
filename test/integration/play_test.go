package integration

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// fleet is workers on one standalone server, and a workload for them.
type fleet struct {
	testing.TB
	ctx    context.Context
	server *natsServer
	client *client.Client
	leases *leases
	// streams is JetStream by a connection of the test's own.
	streams js.JetStream
	plans   []plan
	// again makes events be raised until they are stored, and some twice, with ids,
	// where what happens may keep them from being stored. Without, nothing but the
	// watermark keeps one that is delivered again from being taken in again.
	again bool
}

// newFleet makes a workload with so many instances of each kind.
func newFleet(t testing.TB, each int) *fleet {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	t.Cleanup(cancel)
	f := &fleet{TB: t, ctx: ctx, server: launchServer(t), plans: workload(each)}
	nc, err := nats.Connect(f.server.url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	f.streams, err = js.New(nc)
	require.NoError(t, err)
	return f
}

// hire starts a worker of that name. Every other has no cache to speak of.
func (f *fleet) hire(name string, flags ...string) *process {
	f.Helper()
	size := "0"
	if name[len(name)-1]%2 == 1 {
		size = "5"
	}
	w := launchTestworker(f, f.server.url, name, append(flags, "--cache-size", size)...)
	w.says(name + " serves")
	if f.client == nil {
		f.client = client.New(openHub(f, f.server.url))
		f.leases = watchLeases(f, f.server.url)
	}
	return w
}

// shared waits until these workers, and no others, share all partitions, and
// returns which of them holds which.
func (f *fleet) shared(workers ...string) map[string][]string {
	f.Helper()
	return partitions(f.leases.until(func(held map[string]string) bool {
		shares, sum := partitions(held), 0
		for _, w := range workers {
			if len(shares[w]) == 0 {
				return false
			}
			sum += len(shares[w])
		}
		return sum == 16 && len(shares) == len(workers)
	}))
}

// play raises the events in waves, one in each interval at most. In the middle of
// every wave something happens.
func (f *fleet) play(interval time.Duration, happen func(wave int)) {
	f.Helper()
	f.playAt(func(int) time.Duration { return interval }, happen)
}

// playAt is play with an interval after each wave of its own.
func (f *fleet) playAt(interval func(wave int) time.Duration, happen func(wave int)) {
	f.Helper()
	for wave := range waves {
		var raising sync.WaitGroup
		middle := make(chan struct{})
		raising.Go(func() { f.raiseWave(wave, middle) })
		over := time.After(interval(wave))
		<-middle
		happen(wave)
		raising.Wait()
		select {
		case <-over:
		case <-f.ctx.Done():
			f.Fatal("the waves take too long")
		}
	}
}

// raiseWave raises the wave's event of every instance, and starts those whose
// first it is. It closes middle when a third of it is done.
func (f *fleet) raiseWave(wave int, middle chan<- struct{}) {
	third := len(f.plans) / 3
	f.raiseAll(f.plans[:third], wave, f.raiseOnce)
	close(middle)
	raise := f.raiseOnce
	if f.again {
		raise = f.raiseAgain
	}
	f.raiseAll(f.plans[third:], wave, raise)
}

// raiseAll raises the wave's events of some instances.
func (f *fleet) raiseAll(plans []plan, wave int, raise func(p plan, n int)) {
	due := make(chan plan)
	var raising sync.WaitGroup
	for range 16 {
		raising.Go(func() {
			for p := range due {
				f.raise(p, wave-p.first, raise)
			}
		})
	}
	for _, p := range plans {
		due <- p
	}
	close(due)
	raising.Wait()
}

// raise raises the n-th event of an instance, if it has one.
func (f *fleet) raise(p plan, n int, raise func(p plan, n int)) {
	if n < 0 || n >= len(p.events) {
		return
	}
	if n == 0 {
		f.insist(f.ctx, func() error {
			_, err := f.client.Start(f.ctx, p.orchestrator, p.input, client.WithInstanceID(p.id))
			return err
		})
	}
	raise(p, n)
}

func (f *fleet) raiseOnce(p plan, n int) {
	if err := f.client.Raise(f.ctx, p.id, p.events[n].name, p.events[n].payload); err != nil {
		f.Errorf("raise event %d on %s: %v", n, p.id, err)
	}
}

func (f *fleet) raiseAgain(p plan, n int) {
	e := p.events[n]
	for range 1 + n%3/2 {
		f.insist(f.ctx, func() error {
			return f.client.Raise(f.ctx, p.id, e.name, e.payload, client.WithEventID(e.name+strconv.Itoa(n)))
		})
	}
}

// insist calls do until it succeeds, or what it asks for is there already from a
// try whose answer was lost.
func (f *fleet) insist(ctx context.Context, do func() error) {
	f.Helper()
	for {
		err := do()
		if err == nil || errors.Is(err, client.ErrInstanceExists) || errors.Is(err, client.ErrInstanceEnded) {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			f.Errorf("given up: %v", err)
			return
		}
	}
}

// interrupt stops a worker that has messages in hand: given to it, and not acked.
func (f *fleet) interrupt(w *process, partitions []string) {
	f.Helper()
	const enough = 8
	f.stopWhen(w, func() bool { return f.unacked(partitions) >= enough })
}

// stopWhen stops a worker where it is so. Where it is not, it is let go on for a moment.
func (f *fleet) stopWhen(w *process, isSo func() bool) {
	f.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		w.signal(syscall.SIGSTOP)
		if isSo() {
			return
		}
		w.signal(syscall.SIGCONT)
		select {
		case <-again.C:
		case <-f.ctx.Done():
			f.Fatal("the worker is never at work")
		}
	}
}

// unacked counts the control messages that those who hold the partitions have in
// hand.
func (f *fleet) unacked(partitions []string) int {
	f.Helper()
	sum := 0
	for _, p := range partitions {
		sum += f.consumer("default-control", "partition-"+p).NumAckPending
	}
	return sum
}

// consumer returns the durable consumer that is for something. What its name ends with
// is the hub's secret.
func (f *fleet) consumer(stream, what string) *js.ConsumerInfo {
	f.Helper()
	s, err := f.streams.Stream(f.ctx, stream)
	require.NoError(f, err)
	list := s.ListConsumers(f.ctx)
	for info := range list.Info() {
		if strings.HasPrefix(info.Name, what+"-") && len(info.Name) == len(what)+1+16 {
			return info
		}
	}
	require.NoError(f, list.Err())
	require.Fail(f, "there is no such consumer", "%s of %s", what, stream)
	return nil
}
