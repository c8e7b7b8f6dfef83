package hubsuite

import (
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// arrival is a control message that was delivered.
type arrival struct {
	hub.Delivery
	partition int
	at        time.Time
}

// inbox collects the deliveries of sessions.
type inbox struct {
	sessions []hub.PartitionSession

	mu       sync.Mutex
	arrivals []arrival
	changed  chan struct{}
}

func newInbox() *inbox { return &inbox{changed: make(chan struct{})} }

// openAll opens every partition; the test's end closes them. First is called with each
// delivery before it is in the inbox, unless first is nil.
func (t *fixture) openAll(first func(partition int, d hub.Delivery)) *inbox {
	t.Helper()
	b := newInbox()
	for partition := range t.hub.Partitions() {
		b.sessions = append(b.sessions, t.open(partition, func(d hub.Delivery) {
			if first != nil {
				first(partition, d)
			}
			b.add(partition, d)
		}))
	}
	return b
}

func (t *fixture) open(partition int, deliver func(hub.Delivery)) hub.PartitionSession {
	t.Helper()
	s, err := t.hub.Open(t.ctx, partition, deliver)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func (b *inbox) add(partition int, d hub.Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.arrivals = append(b.arrivals, arrival{Delivery: d, partition: partition, at: time.Now()})
	close(b.changed)
	b.changed = make(chan struct{})
}

// stop ends all sessions.
func (b *inbox) stop() {
	for _, s := range b.sessions {
		s.Stop()
	}
}

// leave ends all sessions, in order.
func (b *inbox) leave(t *fixture) {
	t.Helper()
	b.stop()
	for _, s := range b.sessions {
		require.NoError(t, s.Leave(t.ctx))
	}
}

// await returns all that has arrived once enough says that it is.
func (b *inbox) await(t *fixture, what string, enough func([]arrival) bool) []arrival {
	t.Helper()
	for {
		b.mu.Lock()
		all, changed := slices.Clone(b.arrivals), b.changed
		b.mu.Unlock()
		if enough(all) {
			return all
		}
		select {
		case <-changed:
		case <-t.ctx.Done():
			require.FailNow(t, "waited too long for "+what, "there are %v", seqs(all))
		}
	}
}

// awaitSeqs returns when the last of the numbers has arrived, and checks that what
// was delivered of the instance up to then is these, in order.
func (b *inbox) awaitSeqs(t *fixture, instance string, want ...uint64) {
	t.Helper()
	last := want[len(want)-1]
	all := b.awaitSeq(t, last)
	require.Equal(t, want, seqs(of(instance, all)))
}

// awaitSeq returns all that has arrived once the message of that number has.
func (b *inbox) awaitSeq(t *fixture, seq uint64) []arrival {
	t.Helper()
	return b.await(t, "a message", func(all []arrival) bool { return slices.Contains(seqs(all), seq) })
}

// marker posts a message to the instance and returns all messages of the instance that had
// arrived before it: nothing more can come that was stored earlier.
func (b *inbox) marker(t *fixture, instance string) []arrival {
	t.Helper()
	seq := t.raise(instance, "marker")
	all := of(instance, b.awaitSeq(t, seq))
	return all[:slices.Index(seqs(all), seq)]
}

// of returns the arrivals of one instance.
func of(instance string, all []arrival) []arrival {
	var some []arrival
	for _, a := range all {
		if a.Instance == instance {
			some = append(some, a)
		}
	}
	return some
}

func seqs(all []arrival) []uint64 {
	numbers := []uint64{}
	for _, a := range all {
		numbers = append(numbers, a.Seq)
	}
	return numbers
}
