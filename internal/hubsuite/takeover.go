package hubsuite

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

var takeoverPromises = []promise[*fixture]{
	{"takeover/what was not acknowledged comes again, in order", unackedComesAgain},
	{"takeover/the owner before gets nothing more", previousOwnerEnds},
	{"takeover/a blocked owner does not hold it up", blockedOwner},
	{"takeover/an acknowledged message does not come again", ackedStaysAway},
	{"takeover/acknowledging out of turn leaves the others", ackOutOfTurn},
	{"takeover/a late acknowledgement does no harm", lateAck},
	{"takeover/a rejected message is a dead letter", rejected},
	{"takeover/a stopped session delivers nothing", stoppedSession},
	{"takeover/stop waits for the delivery", stopWaits},
	{"takeover/what was in the hands of an owner who has not left is marked", inHandsMarked},
	{"takeover/after an owner who has left nothing is marked", nothingMarkedAfterLeaving},
	{"takeover/an owner who was replaced cannot leave for the next", leavingTooLate},
	{"takeover/the context of the opening does not end the session", openingContext},
}

// raiseMany posts count messages to the instance and returns their numbers.
func (t *fixture) raiseMany(instance string, count int) []uint64 {
	t.Helper()
	var numbers []uint64
	for n := range count {
		numbers = append(numbers, t.raise(instance, fmt.Sprint(n)))
	}
	return numbers
}

func unackedComesAgain(t *fixture) {
	want := t.raiseMany("i", 50)
	for range 3 {
		b := t.openAll(nil)
		b.awaitSeqs(t, "i", want...)
		b.stop()
		want = append(want, t.raise("i", "between"))
	}
}

func previousOwnerEnds(t *fixture) {
	first := t.openAll(nil)
	want := t.raiseMany("i", 5)
	first.awaitSeqs(t, "i", want...)

	second := t.openAll(nil)
	later := t.raiseMany("i", 5)
	second.awaitSeqs(t, "i", append(want, later...)...)
	for _, s := range first.sessions {
		requireClosed(t, "the end of the session before", s.Done())
		require.Error(t, s.Err())
	}
	for _, s := range second.sessions {
		require.NoError(t, s.Err())
	}
	all := first.await(t, "nothing", func([]arrival) bool { return true })
	for _, seq := range seqs(all) {
		require.NotContains(t, later, seq, "delivered to the owner before")
	}
}

// marked returns the numbers of the messages that have arrived marked.
func marked(all []arrival) []uint64 {
	var numbers []uint64
	for _, a := range all {
		if a.Again {
			numbers = append(numbers, a.Seq)
		}
	}
	return numbers
}

func last(numbers []uint64) uint64 { return numbers[len(numbers)-1] }

func inHandsMarked(t *fixture) {
	want := t.raiseMany("i", 5)
	b := t.openAll(nil)
	require.Empty(t, marked(b.awaitSeq(t, last(want))), "nobody has had it before")
	b.stop()
	b = t.openAll(nil)
	later := t.raiseMany("i", 2)
	require.Equal(t, want, marked(b.awaitSeq(t, last(later))), "what came later nobody has had")
	b.stop()
	require.Subset(t, marked(t.openAll(nil).awaitSeq(t, last(later))), want)
}

func nothingMarkedAfterLeaving(t *fixture) {
	want := t.raiseMany("i", 5)
	for range 2 {
		b := t.openAll(nil)
		require.Empty(t, marked(b.awaitSeq(t, last(want))))
		b.leave(t)
	}
}

func leavingTooLate(t *fixture) {
	want := t.raiseMany("i", 5)
	first := t.openAll(nil)
	first.awaitSeqs(t, "i", want...)
	second := t.openAll(nil)
	second.awaitSeqs(t, "i", want...)
	first.leave(t)
	second.stop()
	require.Equal(t, want, marked(t.openAll(nil).awaitSeq(t, last(want))))
}

func blockedOwner(t *fixture) {
	blocked, release := make(chan struct{}, 1), make(chan struct{})
	unblock := sync.OnceFunc(func() { close(release) })
	t.openAll(func(_ int, d hub.Delivery) {
		select {
		case blocked <- struct{}{}:
		default:
		}
		<-release
	})
	t.Cleanup(unblock)
	want := t.raiseMany("i", 3)
	receive(t, "the first delivery", blocked)
	t.openAll(nil).awaitSeqs(t, "i", want...)
}

// An acknowledgement may be lost, but not again and again.
func ackedStaysAway(t *fixture) {
	const attempts = 20
	acked := t.raiseMany("i", 3)
	for range attempts {
		b := t.openAll(nil)
		before := b.marker(t, "i")
		left := 0
		for _, a := range before {
			if slices.Contains(acked, a.Seq) {
				a.Ack()
				left++
			}
		}
		b.stop()
		if left == 0 {
			return
		}
	}
	require.FailNow(t, "messages come again, however often they are acknowledged")
}

func ackOutOfTurn(t *fixture) {
	numbers := t.raiseMany("i", 5)
	b := t.openAll(nil)
	for _, a := range b.awaitSeq(t, numbers[4]) {
		if a.Seq == numbers[1] || a.Seq == numbers[4] {
			a.Ack()
		}
	}
	b.stop()
	keep := []uint64{numbers[0], numbers[2], numbers[3]}
	var got []uint64
	for _, a := range t.openAll(nil).marker(t, "i") {
		// The acknowledgements may have been lost.
		if a.Seq != numbers[1] && a.Seq != numbers[4] {
			got = append(got, a.Seq)
		}
	}
	require.Equal(t, keep, got)
}

func lateAck(t *fixture) {
	numbers := t.raiseMany("i", 3)
	first := t.openAll(nil)
	old := first.awaitSeq(t, numbers[2])
	second := t.openAll(nil)
	second.awaitSeqs(t, "i", numbers...)
	old[0].Ack()
	old[0].Ack()
	last := t.raise("i", "last")
	second.awaitSeqs(t, "i", append(numbers, last)...)
	for _, s := range second.sessions {
		require.NoError(t, s.Err())
	}
}

func rejected(t *fixture) {
	bad := t.post(hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "bad", Data: []byte("1")})
	good := t.raise("i", "good")
	b := t.openAll(nil)
	b.awaitSeqs(t, "i", bad, good)
	b.awaitSeq(t, bad)[0].Reject("cannot be read")
	last := t.raise("i", "last")
	b.awaitSeqs(t, "i", bad, good, last)
	store, ok := t.hub.(DeadLetterStore)
	if !ok {
		return
	}
	letters, err := store.DeadLetters(t.ctx)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, bad, letters[0].Seq)
	require.Equal(t, "cannot be read", letters[0].Reason)
	require.Equal(t, "i", letters[0].Message.Instance)
	require.Equal(t, "bad", letters[0].Message.Arg)
	require.Equal(t, "1", string(letters[0].Message.Data))
}

func stoppedSession(t *fixture) {
	b := t.openAll(nil)
	b.awaitSeq(t, t.raise("i", "one"))
	b.stop()
	for _, s := range b.sessions {
		requireClosed(t, "the end of a stopped session", s.Done())
		require.NoError(t, s.Err())
		s.Stop()
	}
	two := t.raise("i", "two")
	t.openAll(nil).awaitSeq(t, two)
	require.Len(t, b.await(t, "nothing", func([]arrival) bool { return true }), 1)
}

func stopWaits(t *fixture) {
	inside, release := make(chan int, 1), make(chan struct{})
	unblock := sync.OnceFunc(func() { close(release) })
	var returned atomic.Bool
	b := t.openAll(func(partition int, _ hub.Delivery) {
		inside <- partition
		<-release
		returned.Store(true)
	})
	t.Cleanup(unblock)
	t.raise("i", "one")
	s := b.sessions[receive(t, "the delivery", inside)]
	stopped := make(chan bool, 1)
	go func() {
		s.Stop()
		stopped <- returned.Load()
	}()
	requireQuiet(t, "stopped with a delivery under way", stopped)
	requireQuiet(t, "done with a delivery under way", s.Done())
	unblock()
	require.True(t, receive(t, "the stop", stopped), "stopped before the delivery returned")
}

func openingContext(t *fixture) {
	b := newInbox()
	for partition := range t.hub.Partitions() {
		ctx, cancel := context.WithCancel(t.ctx)
		s, err := t.hub.Open(ctx, partition, func(d hub.Delivery) { b.add(partition, d) })
		cancel()
		require.NoError(t, err)
		t.Cleanup(s.Stop)
		b.sessions = append(b.sessions, s)
	}
	b.awaitSeqs(t, "i", t.raiseMany("i", 3)...)
	for _, s := range b.sessions {
		require.NoError(t, s.Err())
	}
}
