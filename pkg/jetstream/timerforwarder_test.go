package jetstream_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// setTimers sets timers of one execution, numbered from 1, that are due now.
func setTimers(t *testing.T, h *jetstream.Hub, count int) {
	t.Helper()
	commands := make([]hub.Command, count)
	for n := range commands {
		commands[n].Set = &hub.Timer{Instance: "i", Execution: "e", Task: int64(n + 1), At: time.Now()}
	}
	require.NoError(t, h.Send(t.Context(), commands))
}

// awaitDue waits until the server has made all those timers due.
func awaitDue(t *testing.T, nc *nats.Conn, count int) {
	t.Helper()
	stream, err := mustJetStream(t, nc).Stream(t.Context(), "default-timer")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := stream.GetLastMsgForSubject(t.Context(), "default.timer.>")
		return err != nil
	}, maxWait, soon)
	awaitStored(t, nc, "default-timer", uint64(count))
}

// requireFiredOnce checks that each of the timers has fired, and none twice.
func requireFiredOnce(t *testing.T, all []hub.Delivery, count int) {
	t.Helper()
	fired := map[string]int{}
	for _, d := range all {
		require.Equal(t, hub.VerbFired, d.Verb)
		require.Equal(t, "e", d.Execution)
		fired[d.Arg]++
	}
	require.Len(t, fired, count)
	for n, times := range fired {
		require.Equal(t, 1, times, "timer %s", n)
	}
}

// A timer that became due while nobody had the hub open is handed on when somebody opens it.
func TestTimersDueWhileNobodyWasThere(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	const count = 3000
	setTimers(t, hub, count)
	awaitDue(t, nc, count)
	b := openAll(t, hub)
	requireFiredOnce(t, b.await(t, count), count)
	awaitStored(t, nc, "default-timer", 0)
}

// The forwarder of timers may be relieved at any time: none is lost, and what is
// handed on twice is stored once.
func TestTimersOverTakeovers(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	const count = 2000
	setTimers(t, h, count)
	awaitDue(t, nc, count)
	for range 5 {
		// Not stopped: its acks stop short, as those of a worker that was killed.
		_, err := h.Open(t.Context(), 0, func(hub.Delivery) {})
		require.NoError(t, err)
	}
	b := openAll(t, h)
	requireFiredOnce(t, b.await(t, count), count)
	awaitStored(t, nc, "default-timer", 0)
	awaitStored(t, nc, "default-control", count)
	require.Len(t, b.deliveries(), count)
}

// The handing on goes on by itself, and ends with its session.
func TestTimersGoOnWithoutTheirConsumer(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	b := openAll(t, hub)
	removeTimersConsumer(t, nc)
	setTimers(t, hub, 1)
	b.await(t, 1)
	require.NoError(t, b.sessions[0].Err())
	b.stop()
	setTimers(t, hub, 1)
	awaitDue(t, nc, 1)
}

// The timers of all partitions come while the one whose owner hands them on is held
// up.
func TestTimersGoOnWhileTheirPartitionIsHeldUp(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.Start(t))
	h := natstest.OpenWith(t, nc, jetstream.Config{Partitions: 2})
	_, heldUp := openHeldUp(t, h)
	b := &inbox{}
	second, err := h.Open(t.Context(), 1, b.deliver)
	require.NoError(t, err)
	defer second.Stop()
	for n := range 64 {
		post(t, h, fmt.Sprintf("i%d", n), 1)
	}
	<-heldUp
	elsewhere := b.await(t, 1)[0].Instance

	removeTimersConsumer(t, nc)
	require.NoError(t, h.Send(t.Context(), []hub.Command{{Set: &hub.Timer{
		Instance: elsewhere, Execution: "e", Task: 1, At: time.Now(),
	}}}))
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(b.deliveries(), func(d hub.Delivery) bool { return d.Verb == hub.VerbFired })
	}, maxWait, soon)
}

// A forwarder that was overtaken and has not noticed, held up as it is, does not take the timers
// back.
func TestTimersStayWithWhoHasThePartition(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	first, heldUp := openHeldUp(t, hub)
	post(t, hub, "i", 1)
	<-heldUp
	consumerOf(t, nc, "default-timer", "due")

	second := openAll(t, hub)
	select {
	case <-jetstream.TimersGivenUp(first):
	case <-time.After(maxWait):
		require.Fail(t, "two fight for the timers")
	}
	setTimers(t, hub, 1)
	second.await(t, 2)
}

// openHeldUp opens partition 0, of which the first message is never done with. The
// channel is closed when that has come.
func openHeldUp(t *testing.T, h *jetstream.Hub) (hub.Session, <-chan struct{}) {
	t.Helper()
	heldUp, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s, err := h.Open(t.Context(), 0, func(hub.Delivery) {
		once.Do(func() { close(heldUp) })
		<-free
	})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	t.Cleanup(func() { close(free) })
	return s, heldUp
}

func removeTimersConsumer(t *testing.T, nc *nats.Conn) {
	t.Helper()
	due := consumerOf(t, nc, "default-timer", "due")
	require.NoError(t, mustJetStream(t, nc).DeleteConsumer(t.Context(), "default-timer", due))
}

func TestTimersOverServerRestart(t *testing.T) {
	t.Parallel()
	s, nc, hub := startStandalone(t)
	b := openAll(t, hub)
	const count = 500
	setTimers(t, hub, count)
	b.await(t, 1)
	s.restart(t, nc)
	awaitEnd(t, b.sessions[0])
	again := openAll(t, hub)
	// Nothing was acked, so all come again that had arrived.
	requireFiredOnce(t, again.await(t, count), count)
	awaitStored(t, nc, "default-timer", 0)
}

func TestUnreadableTimersAreDeadLetters(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	openAll(t, hub)
	for n, subject := range []string{"default.due.=61.e.1", "default.due.i.e.x", "default.due.i.=61.1"} {
		require.NoError(t, nc.Publish(subject, nil))
		awaitStored(t, nc, "default-dead", uint64(n+1))
		letter := lastDead(t, nc)
		require.Equal(t, "default.dead.due", letter.Subject)
		require.Equal(t, subject, letter.Header.Get("Dormouse-Subject"))
	}
	awaitStored(t, nc, "default-timer", 0)
}

// How fast timers come in that are all due at once.
func BenchmarkTimersFire(b *testing.B) {
	s := natstest.Start(b)
	nc := natstest.Connect(b, s)
	h := natstest.OpenWith(b, nc, jetstream.Config{})
	commands := make([]hub.Command, b.N)
	for n := range commands {
		commands[n].Set = &hub.Timer{Instance: fmt.Sprint("i", n%100), Execution: "e", Task: int64(n + 1), At: time.Now()}
	}
	arrived := make(chan struct{}, b.N)
	for partition := range h.Partitions() {
		session, err := h.Open(b.Context(), partition, func(d hub.Delivery) { d.Ack(); arrived <- struct{}{} })
		require.NoError(b, err)
		defer session.Stop()
	}
	b.ResetTimer()
	require.NoError(b, h.Send(b.Context(), commands))
	for range commands {
		<-arrived
	}
}

// While the control stream takes nothing, that is said once, not of each timer and each
// try.
func TestTimersThatAreNotTakenAreReportedOnce(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.Start(t))
	log := &testenv.Log{}
	hub := natstest.OpenWith(t, nc, jetstream.Config{Partitions: 1, Logger: slog.New(slog.NewTextHandler(log, nil))})
	control, err := mustJetStream(t, nc).Stream(t.Context(), "default-control")
	require.NoError(t, err)
	room := func(bytes int64) {
		config := control.CachedInfo().Config
		config.MaxBytes = bytes
		_, err := mustJetStream(t, nc).UpdateStream(t.Context(), config)
		require.NoError(t, err)
	}
	const count = 50
	setTimers(t, hub, count)
	awaitDue(t, nc, count)
	room(1)
	b := openAll(t, hub)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "was not handed on") }, maxWait, soon)
	timers, err := mustJetStream(t, nc).Stream(t.Context(), "default-timer")
	require.NoError(t, err)
	require.Eventually(t, func() bool { // each was tried again
		var tries uint64
		for c := range timers.ListConsumers(t.Context()).Info() {
			tries += c.Delivered.Consumer
		}
		return tries >= 2*count
	}, maxWait, soon)
	room(-1)
	b.await(t, count)
	requireFiredOnce(t, b.deliveries(), count)
	require.Equal(t, 1, strings.Count(log.String(), "was not handed on"), log.String())
}
