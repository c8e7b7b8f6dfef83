package hubsuite

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
)

// patience is how long the suite waits for what must come. It is long, since only
// a broken hub makes it wait.
const patience = time.Minute

// ClientHub is a hub seen from both sides.
type ClientHub interface {
	hub.Client
	hub.Worker
}

// RunWorker holds a hub to the worker's side of the promises. Open returns a new, empty
// hub for each subtest; the subtests run in parallel. A few subtests wait for leases and
// activities to time out, so that short times in the hub's configuration make a short
// run: 2 s for a lease and 500 ms for the keep-alive interval leave room for a slow
// machine.
func RunWorker(t *testing.T, open func(t *testing.T) dispatcher.Hub) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.check(newTrial(t, open(t)))
		})
	}
}

// RunWorkerInBubble is [RunWorker] with a synctest bubble for each subtest.
func RunWorkerInBubble(t *testing.T, open func(t *testing.T) dispatcher.Hub) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { p.check(newTrial(t, open(t))) })
		})
	}
}

// RunClient holds a hub to the client's side of the promises. Open returns a new, empty
// hub for each subtest; the subtests run in parallel.
func RunClient(t *testing.T, open func(t *testing.T) ClientHub) {
	t.Helper()
	for _, p := range clientPromises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.check(newClientTrial(t, open(t)))
		})
	}
}

// RunClientInBubble is [RunClient] with a synctest bubble for each subtest.
func RunClientInBubble(t *testing.T, open func(t *testing.T) ClientHub) {
	t.Helper()
	for _, p := range clientPromises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { p.check(newClientTrial(t, open(t))) })
		})
	}
}

// promise is one subtest of [RunWorker].
type promise struct {
	name  string
	check func(t *trial)
}

var promises = concat(valuePromises, segmentPromises, intakePromises, takeoverPromises, timerPromises,
	workPromises, redeliveryPromises, leasePromises, messagePromises, tellPromises, againPromises, clockPromises)

// clientPromise is one subtest of [RunClient].
type clientPromise struct {
	name  string
	check func(t *clientTrial)
}

var clientPromises = concat(startPromises, settlePromises, watchPromises, scanPromises, purgePromises,
	receiptPromises, expectedPromises, queuePromises, poisonPromises)

func concat[T any](lists ...[]T) []T {
	var all []T
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// trial is one subtest and its hub.
type trial struct {
	*testing.T
	ctx context.Context
	hub dispatcher.Hub
}

func newTrial(t *testing.T, hub dispatcher.Hub) *trial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience+8*max(hub.LeaseTTL(), hub.KeepAliveInterval()))
	t.Cleanup(cancel)
	return &trial{T: t, ctx: ctx, hub: hub}
}

// clientTrial is a trial whose hub is seen from the client's side as well.
type clientTrial struct {
	*trial
	hub ClientHub
}

func newClientTrial(t *testing.T, hub ClientHub) *clientTrial {
	t.Helper()
	return &clientTrial{trial: newTrial(t, hub), hub: hub}
}

// create commits the first value of an instance.
func (t *trial) create(instance string, v *record.InstanceRecord) uint64 {
	t.Helper()
	return t.commit(instance, v, 0)
}

func (t *trial) commit(instance string, v *record.InstanceRecord, expected uint64) uint64 {
	t.Helper()
	revision, err := t.hub.Commit(t.ctx, instance, v, expected)
	require.NoError(t, err)
	return revision
}

// latest returns what is stored of an instance.
func (t *trial) latest(instance string) (*record.InstanceRecord, uint64) {
	t.Helper()
	v, revision, err := t.hub.LoadLatest(t.ctx, instance)
	require.NoError(t, err)
	return v, revision
}

// requireStored checks that the instance's value is v, at the revision.
func (t *trial) requireStored(instance string, v *record.InstanceRecord, revision uint64) {
	t.Helper()
	got, at := t.latest(instance)
	require.NotNil(t, got, "instance %q has no value", instance)
	require.Equal(t, revision, at)
	require.Equal(t, v.Encode(), got.Encode())
}

func (t *trial) post(m hub.Message) uint64 {
	t.Helper()
	seq, err := t.hub.Post(t.ctx, m)
	require.NoError(t, err)
	return seq
}

// raise posts an external event.
func (t *trial) raise(instance, event string) uint64 {
	t.Helper()
	return t.post(hub.Message{Instance: instance, Verb: hub.VerbRaise, Arg: event})
}

func (t *trial) do(commands ...hub.Command) {
	t.Helper()
	require.NoError(t, t.hub.Send(t.ctx, commands))
}

// receive takes the next from a channel, which must not be closed.
func receive[T any](t *trial, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-ch:
		require.True(t, ok, "%s: channel was closed", what)
		return v
	case <-t.ctx.Done():
		require.FailNow(t, "waited too long for "+what)
		panic("unreachable")
	}
}

// requireQuiet gives what must not happen the time to happen, if the hub is
// broken. A hub that keeps its promises passes however slow the machine is.
func requireQuiet[T any](t *trial, what string, ch <-chan T) {
	t.Helper()
	select {
	case <-ch:
		require.FailNow(t, "must not be: "+what)
	case <-time.After(50 * time.Millisecond):
	}
}

// requireClosed waits until the channel is closed, whatever is sent before.
func requireClosed[T any](t *trial, what string, ch <-chan T) {
	t.Helper()
	for {
		select {
		case _, ok := <-ch:
			if !ok {
				return
			}
		case <-t.ctx.Done():
			require.FailNow(t, "waited too long for "+what)
		}
	}
}
