package hubsuite

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

var intakePromises = []promise[*fixture]{
	{"intake/every field of a message arrives", messageArrivesWhole},
	{"intake/odd instance ids and names arrive", oddMessagesArrive},
	{"intake/a payload can be as large as the hub says", largestPayload},
	{"intake/a plain start is given an execution", plainStart},
	{"intake/what was posted before the opening is delivered", postedBeforeOpen},
	{"intake/an instance's messages stay in one partition, in order", instanceOrder},
	{"intake/order has no gaps with many posting at once", orderUnderLoad},
	{"intake/one delivery at a time in a partition", oneAtATime},
	{"intake/a delivery that blocks holds back its partition only", blockedDelivery},
	{"intake/there is no such partition", noSuchPartition},
}

func messageArrivesWhole(t *fixture) {
	messages := []hub.Message{
		{Verb: hub.VerbStart, Arg: "Budget Approval.v2", Data: []byte(`{"a":1}`), Execution: "e1", Replaces: 7},
		{Verb: hub.VerbStart, Arg: "Budget", Execution: "e2"},
		{Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true"), ID: "id-1"},
		{Verb: hub.VerbRaise, Arg: "Größe ✓ > *", Data: []byte(`"x"`), ID: "an id with spaces: äöü"},
		{Verb: hub.VerbRaise, Arg: "start"},
		{Verb: hub.VerbTerminate, Data: []byte(`"enough"`)},
		{Verb: hub.VerbSuspend, Data: []byte(`"wait"`)},
		{Verb: hub.VerbResume},
		{Verb: hub.VerbRewind, Data: []byte(`"again"`)},
		{Verb: hub.VerbCompleted, Arg: "3", Data: []byte("[1]"), Execution: "e1"},
		{Verb: hub.VerbFailed, Arg: "4", Data: []byte(`{"type":"t","message":"m"}`), Execution: "e1"},
		{Verb: hub.VerbFired, Arg: "5", Execution: "e1"},
	}
	for _, verb := range hub.Verbs {
		require.True(t, slices.ContainsFunc(messages, func(m hub.Message) bool { return m.Verb == verb }), "no message says %q", verb)
	}
	b := t.openAll(nil)
	for _, m := range messages {
		m.Instance = "i"
		seq := t.post(m)
		all := b.awaitSeq(t, seq)
		got := all[len(all)-1]
		require.Equal(t, seq, got.Seq)
		require.False(t, got.Stored.IsZero())
		require.Equal(t, string(m.Data), string(got.Data))
		got.Data = m.Data // nil and empty are the same
		require.Equal(t, m, got.Message)
	}
}

func oddMessagesArrive(t *fixture) {
	b := t.openAll(nil)
	for _, id := range oddIDs {
		got := b.awaitSeq(t, t.raise(id, id[:min(len(id), 60)]))
		require.Equal(t, id, got[len(got)-1].Instance)
	}
}

func largestPayload(t *fixture) {
	data := bytes.Repeat([]byte("x"), t.hub.MaxPayload())
	b := t.openAll(nil)
	all := b.awaitSeq(t, t.post(hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "e", Data: data}))
	require.True(t, bytes.Equal(data, all[0].Data), "a payload of %d bytes was changed", len(data))
}

func plainStart(t *fixture) {
	b := t.openAll(nil)
	for said, want := range map[uint64]uint64{
		0: hub.NoInstance, hub.AnyEnded: hub.AnyEnded, hub.AnyAtAll: hub.AnyAtAll,
	} {
		seq := t.post(hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Data: []byte("1"), Replaces: said})
		all := b.awaitSeq(t, seq)
		got := all[len(all)-1]
		require.Equal(t, fmt.Sprintf("seq-%d", seq), got.Execution)
		require.Equal(t, want, got.Replaces)
		require.Equal(t, "1", string(got.Data))
	}
}

func postedBeforeOpen(t *fixture) {
	var want []uint64
	for n := range 10 {
		want = append(want, t.raise("i", fmt.Sprint(n)))
	}
	t.openAll(nil).awaitSeqs(t, "i", want...)
}

func instanceOrder(t *fixture) {
	const instances, each = 20, 20
	b := t.openAll(nil)
	want := map[string][]uint64{}
	for n := range instances * each {
		instance := fmt.Sprintf("instance-%d", n%instances)
		want[instance] = append(want[instance], t.raise(instance, fmt.Sprint(n)))
	}
	all := b.await(t, "all messages", func(all []arrival) bool { return len(all) >= instances*each })
	require.Len(t, all, instances*each)
	for instance, numbers := range want {
		got := of(instance, all)
		require.Equal(t, numbers, seqs(got))
		require.True(t, slices.IsSorted(numbers))
		for _, a := range got {
			require.Equal(t, got[0].partition, a.partition)
		}
	}
}

// A partition's numbers, from any poster, come in rising order; since posting is
// done when the last is delivered, none can have been left out.
func orderUnderLoad(t *fixture) {
	const posters, each = 8, 100
	b := t.openAll(nil)
	var posting sync.WaitGroup
	errs := make([]error, posters)
	for p := range posters {
		posting.Go(func() {
			for n := range each {
				m := hub.Message{Instance: fmt.Sprintf("i%d", n%5), Verb: hub.VerbRaise, Arg: fmt.Sprintf("%d.%d", p, n)}
				if _, err := t.hub.Post(t.ctx, m); err != nil {
					errs[p] = err
					return
				}
			}
		})
	}
	posting.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	all := b.await(t, "all messages", func(all []arrival) bool { return len(all) >= posters*each })
	require.Len(t, all, posters*each)
	last := map[int]uint64{}
	for _, a := range all {
		require.Greater(t, a.Seq, last[a.partition], "partition %d", a.partition)
		last[a.partition] = a.Seq
	}
}

func oneAtATime(t *fixture) {
	const instances, each = 4, 100
	inside := make([]atomic.Int32, t.hub.Partitions())
	var overlaps atomic.Int32
	b := t.openAll(func(partition int, _ hub.Delivery) {
		if inside[partition].Add(1) > 1 {
			overlaps.Add(1)
		}
		runtime.Gosched()
		inside[partition].Add(-1)
	})
	for n := range instances * each {
		t.raise(fmt.Sprintf("i%d", n%instances), "e")
	}
	b.await(t, "all messages", func(all []arrival) bool { return len(all) >= instances*each })
	require.Zero(t, overlaps.Load())
}

func blockedDelivery(t *fixture) {
	blocked, release := make(chan int, 100), make(chan struct{})
	unblock := sync.OnceFunc(func() { close(release) })
	var delivered atomic.Int32
	b := t.openAll(func(partition int, d hub.Delivery) {
		if d.Instance == "i" {
			delivered.Add(1)
			blocked <- partition
			<-release
		}
	})
	t.Cleanup(unblock)
	want := []uint64{t.raise("i", "one"), t.raise("i", "two"), t.raise("i", "three")}
	partition := receive(t, "the first delivery", blocked)
	if t.hub.Partitions() > 1 {
		// Many instances: some are in another partition.
		for n := range 10 * t.hub.Partitions() {
			t.raise(fmt.Sprintf("other-%d", n), "e")
		}
		b.await(t, "a message in another partition", func(all []arrival) bool {
			return slices.ContainsFunc(all, func(a arrival) bool { return a.partition != partition })
		})
	}
	requireQuiet(t, "another delivery", blocked)
	require.EqualValues(t, 1, delivered.Load())
	unblock()
	b.awaitSeqs(t, "i", want...)
}

func noSuchPartition(t *fixture) {
	for _, partition := range []int{-1, t.hub.Partitions()} {
		_, err := t.hub.Open(t.ctx, partition, func(hub.Delivery) {})
		require.Error(t, err, "partition %d", partition)
	}
}
