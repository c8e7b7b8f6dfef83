package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkLoop is start → wait → raise → complete at saturation, on an embedded
// server with file storage.
func BenchmarkLoop(b *testing.B) {
	for name, cache := range map[string]int{"cache on": 0, "cache off": -1} {
		b.Run(name, func(b *testing.B) {
			l, err := newLoop(b.Context(), cache)
			require.NoError(b, err)
			defer l.setup.Close()
			b.ResetTimer()
			_, err = many(b.N, 1000, func(id string) (time.Duration, error) { return l.one(b.Context(), id) })
			require.NoError(b, err)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "instances/s")
		})
	}
}

// BenchmarkRaise is raise → committed, one at a time.
func BenchmarkRaise(b *testing.B) {
	l, err := newLoop(b.Context(), 0)
	require.NoError(b, err)
	defer l.setup.Close()
	b.ResetTimer()
	took, err := many(b.N, 1, func(id string) (time.Duration, error) { return l.one(b.Context(), id) })
	require.NoError(b, err)
	b.ReportMetric(float64(sum(took).Microseconds())/float64(b.N), "µs/raise")
}

// BenchmarkEvents is one instance that receives 5,000 events, one after another:
// what the last 500 take, compared with the first 500.
func BenchmarkEvents(b *testing.B) {
	for name, cache := range map[string]int{"cache on": 0, "cache off": -1} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				took, err := oneAfterAnother(b.Context(), 5000, cache)
				require.NoError(b, err)
				first, last := sum(took[:500]), sum(took[4500:])
				b.ReportMetric(float64(first.Microseconds())/500, "µs/first")
				b.ReportMetric(float64(last.Microseconds())/500, "µs/last")
				b.ReportMetric(float64(last)/float64(first), "last/first")
			}
		})
	}
}
