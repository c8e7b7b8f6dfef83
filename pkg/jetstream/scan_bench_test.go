package jetstream_test

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// BenchmarkScan lists 100,000 instances whose values have that many bytes.
func BenchmarkScan(b *testing.B) {
	for _, size := range []int{300, 4096} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			const instances = 100_000
			_, _, hub := natstest.New(b)
			var group sync.WaitGroup
			for from := range 64 {
				group.Go(func() {
					for i := from; i < instances; i += 64 {
						v := value("e")
						v.Input = bytes.Repeat([]byte("x"), size)
						_, err := hub.Commit(b.Context(), fmt.Sprintf("i%d", i), v, 0)
						if err != nil {
							panic(err)
						}
					}
				})
			}
			group.Wait()
			for b.Loop() {
				n := 0
				require.NoError(b, hub.Scan(b.Context(), 0, func(history.Summary) bool { n++; return true }))
				require.Equal(b, instances, n)
			}
			b.ReportMetric(float64(instances)*float64(b.N)/b.Elapsed().Seconds(), "instances/s")
		})
	}
}
