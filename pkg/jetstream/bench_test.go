package jetstream_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// parallel calls do n times, from many goroutines.
func parallel(b *testing.B, n int, do func(i int) error) {
	b.Helper()
	const workers = 256
	var next atomic.Int64
	var running sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		running.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	running.Wait()
	for _, err := range errs {
		require.NoError(b, err)
	}
}

func BenchmarkCommit(b *testing.B) {
	_, _, hub := natstest.New(b)
	v := value("e")
	v.Input = make([]byte, 200)
	b.ResetTimer()
	parallel(b, b.N, func(i int) error {
		_, err := hub.Commit(b.Context(), fmt.Sprintf("i%d", i), v, 0)
		return err
	})
}

func BenchmarkLoad(b *testing.B) {
	_, _, hub := natstest.New(b)
	const instances = 10_000
	parallel(b, instances, func(i int) error {
		_, err := hub.Commit(b.Context(), fmt.Sprintf("i%d", i), value("e"), 0)
		return err
	})
	b.ResetTimer()
	parallel(b, b.N, func(i int) error {
		_, _, err := hub.Load(b.Context(), fmt.Sprintf("i%d", i%instances))
		return err
	})
}

func BenchmarkPost(b *testing.B) {
	_, _, hub := natstest.New(b)
	parallel(b, b.N, func(i int) error {
		_, err := hub.Post(b.Context(), raise(fmt.Sprintf("i%d", i), "Approval"))
		return err
	})
}

// Messages are stored, delivered and acked.
func BenchmarkDeliver(b *testing.B) {
	_, _, h := natstest.New(b)
	parallel(b, b.N, func(i int) error {
		_, err := h.Post(b.Context(), raise(fmt.Sprintf("i%d", i), "Approval"))
		return err
	})
	b.ResetTimer()
	var got atomic.Int64
	done := make(chan struct{})
	for partition := range h.Partitions() {
		s, err := h.Open(b.Context(), partition, func(d hub.Delivery) {
			d.Ack()
			if got.Add(1) == int64(b.N) {
				close(done)
			}
		})
		require.NoError(b, err)
		b.Cleanup(s.Stop)
	}
	<-done
}

func BenchmarkRoundTrip(b *testing.B) {
	_, _, h := natstest.New(b)
	arrived := make(chan uint64, 1)
	for partition := range h.Partitions() {
		s, err := h.Open(b.Context(), partition, func(d hub.Delivery) {
			d.Ack()
			arrived <- d.Seq
		})
		require.NoError(b, err)
		b.Cleanup(s.Stop)
	}
	b.ResetTimer()
	for b.Loop() {
		_, err := h.Post(b.Context(), raise("i", "Approval"))
		require.NoError(b, err)
		<-arrived
	}
}

func BenchmarkActivities(b *testing.B) {
	_, _, h := natstest.New(b)
	var got atomic.Int64
	done := make(chan struct{})
	s, err := h.Work(b.Context(), "Act", 100, func(d hub.ActivityDelivery) {
		_ = d.Ack()
		if got.Add(1) == int64(b.N) {
			close(done)
		}
	})
	require.NoError(b, err)
	b.Cleanup(s.Stop)
	b.ResetTimer()
	parallel(b, b.N, func(i int) error {
		return h.Send(b.Context(), []hub.Command{run(int64(i + 1))})
	})
	<-done
}

// How long it takes to see that nothing is left of an instance, or what, in a hub
// with a backlog.
func BenchmarkSettled(b *testing.B) {
	_, _, hub := natstest.New(b)
	const backlog = 100_000
	parallel(b, backlog, func(i int) error {
		_, err := hub.Post(b.Context(), raise(fmt.Sprintf("i%d", i), "Approval"))
		return err
	})
	_, err := hub.Post(b.Context(), raise("last", "Approval"))
	require.NoError(b, err)
	for name, instance := range map[string]string{"nothing": "nobody", "first": "i0", "last": "last"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				settled, err := hub.Settled(b.Context(), instance, backlog+1)
				require.NoError(b, err)
				require.Equal(b, name == "nothing", settled)
			}
		})
	}
}
