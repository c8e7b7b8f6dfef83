package hubsuite

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// patience is how long the suite waits for something that must come. It is long, since
// only a broken hub makes the suite wait.
const patience = time.Minute

// ClientHub is a hub seen from both sides.
type ClientHub interface {
	hub.Client
	hub.Worker
}

// RecordStore is the part of a hub that keeps records.
type RecordStore interface {
	hub.Records
	hub.Limits
}

// Runner runs a subtest: [RealTime] or [InBubble].
type Runner func(t *testing.T, check func(t *testing.T))

// RealTime runs a subtest as it is. A few subtests wait for leases and activities to time
// out, so that short times in the hub's configuration make a short run: 2 s for a lease
// and 500 ms for the keep-alive interval leave room for a slow machine.
func RealTime(t *testing.T, check func(t *testing.T)) { check(t) }

// InBubble runs a subtest in a synctest bubble, for hubs that need no network. Timeouts
// take no time there.
func InBubble(t *testing.T, check func(t *testing.T)) { synctest.Test(t, check) }

// RunWorker holds a hub to all promises to workers. Open returns a new, empty hub for
// each subtest; the subtests run in parallel.
func RunWorker(t *testing.T, run Runner, open func(t *testing.T) hub.Engine) {
	t.Helper()
	each(t, run, promises, func(t *testing.T) *fixture { return newFixture(t, open(t)) })
}

// RunClient holds a hub to all promises to clients. Open returns a new, empty hub for each
// subtest; the subtests run in parallel.
func RunClient(t *testing.T, run Runner, open func(t *testing.T) ClientHub) {
	t.Helper()
	each(t, run, clientPromises, func(t *testing.T) *clientFixture { return newClientFixture(t, open(t)) })
}

// RunRecords holds a store that is a part of a hub to the promises of hub.Records and
// hub.Limits.
func RunRecords(t *testing.T, run Runner, open func(t *testing.T) RecordStore) {
	t.Helper()
	each(t, run, concat(recordPromises, segmentPromises), func(t *testing.T) *fixture {
		return newPartFixture(t, partWithRecords{open(t), missing{}}, 0)
	})
}

// RunLeases holds a part of a hub to the promises of hub.Leases.
func RunLeases(t *testing.T, run Runner, open func(t *testing.T) hub.Leases) {
	t.Helper()
	each(t, run, leasePromises, func(t *testing.T) *fixture {
		leases := open(t)
		return newPartFixture(t, partWithLeases{leases, missing{}}, leases.LeaseTTL())
	})
}

// missing stands for the parts of a hub that a store has not. A call of one panics.
type missing struct{ hub.Engine }

type partWithRecords struct {
	RecordStore
	missing
}

type partWithLeases struct {
	hub.Leases
	missing
}

// each runs a subtest for each promise.
func each[F any](t *testing.T, run Runner, promises []promise[F], newFixture func(t *testing.T) F) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			run(t, func(t *testing.T) { p.check(newFixture(t)) })
		})
	}
}

// promise is one subtest, on a fixture of type F.
type promise[F any] struct {
	name  string
	check func(t F)
}

var promises = concat(recordPromises, segmentPromises, intakePromises, takeoverPromises, timerPromises,
	workPromises, redeliveryPromises, leasePromises, messagePromises, tellPromises, againPromises, clockPromises)

var clientPromises = concat(startPromises, settlePromises, watchPromises, scanPromises, purgePromises,
	receiptPromises, expectedPromises, queuePromises, poisonPromises)

func concat[T any](lists ...[]T) []T {
	var all []T
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// fixture is one subtest and its hub.
type fixture struct {
	*testing.T
	ctx context.Context
	hub hub.Engine
}

func newFixture(t *testing.T, hub hub.Engine) *fixture {
	t.Helper()
	return newPartFixture(t, hub, max(hub.LeaseTTL(), hub.KeepAliveInterval()))
}

// newPartFixture is newFixture for a hub of which parts may be missing. Timeout is the
// longest time after which it gives something up by itself.
func newPartFixture(t *testing.T, hub hub.Engine, timeout time.Duration) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience+8*timeout)
	t.Cleanup(cancel)
	return &fixture{T: t, ctx: ctx, hub: hub}
}

// clientFixture is a fixture whose hub is seen from the client's side as well.
type clientFixture struct {
	*fixture
	hub ClientHub
}

func newClientFixture(t *testing.T, hub ClientHub) *clientFixture {
	t.Helper()
	return &clientFixture{fixture: newFixture(t, hub), hub: hub}
}

// create commits the first value of an instance.
func (t *fixture) create(instance string, v *record.InstanceRecord) uint64 {
	t.Helper()
	return t.commit(instance, v, 0)
}

func (t *fixture) commit(instance string, v *record.InstanceRecord, expected uint64) uint64 {
	t.Helper()
	revision, err := t.hub.Commit(t.ctx, instance, v, expected)
	require.NoError(t, err)
	return revision
}

// latest returns the stored record of an instance.
func (t *fixture) latest(instance string) (*record.InstanceRecord, uint64) {
	t.Helper()
	v, revision, err := t.hub.LoadLatest(t.ctx, instance)
	require.NoError(t, err)
	return v, revision
}

// requireStored checks that the instance's value is v, at the revision.
func (t *fixture) requireStored(instance string, v *record.InstanceRecord, revision uint64) {
	t.Helper()
	got, at := t.latest(instance)
	require.NotNil(t, got, "instance %q has no value", instance)
	require.Equal(t, revision, at)
	require.Equal(t, v.Encode(), got.Encode())
}

func (t *fixture) post(m hub.Message) uint64 {
	t.Helper()
	seq, err := t.hub.Post(t.ctx, m)
	require.NoError(t, err)
	return seq
}

// raise posts an external event.
func (t *fixture) raise(instance, event string) uint64 {
	t.Helper()
	return t.post(hub.Message{Instance: instance, Verb: hub.VerbRaise, Arg: event})
}

func (t *fixture) do(commands ...hub.Command) {
	t.Helper()
	require.NoError(t, t.hub.Send(t.ctx, commands))
}

// receive takes the next from a channel, which must not be closed.
func receive[T any](t *fixture, what string, ch <-chan T) T {
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

// requireQuiet gives something that must not happen the time to happen, if the hub is
// broken. A hub that keeps its promises passes however slow the machine is.
func requireQuiet[T any](t *fixture, what string, ch <-chan T) {
	t.Helper()
	select {
	case <-ch:
		require.FailNow(t, "must not be: "+what)
	case <-time.After(50 * time.Millisecond):
	}
}

// requireClosed waits until the channel is closed, whatever is sent before.
func requireClosed[T any](t *fixture, what string, ch <-chan T) {
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
