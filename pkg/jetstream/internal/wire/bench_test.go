package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A message of each kind is written, and read as the stream delivers it.
func BenchmarkControl(b *testing.B) {
	c := &Codec{Names: NewNames("h"), Key: sampleKey}
	for _, verb := range []Verb{Raise, Claim, Completed} {
		s := samples[verb]
		b.Run("write/"+string(verb), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := c.Control(s.message, sampleLimits, sampleTime)
				require.NoError(b, err)
			}
		})
		b.Run("read/"+string(verb), func(b *testing.B) {
			m, err := c.Control(s.message, sampleLimits, sampleTime)
			require.NoError(b, err)
			d := deliver(m)
			b.ReportAllocs()
			for b.Loop() {
				_, err := ReadControl(d, sampleLimits)
				require.NoError(b, err)
			}
		})
	}
}
