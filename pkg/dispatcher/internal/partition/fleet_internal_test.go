package partition

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChosenDependsOnWorkersAlone(t *testing.T) {
	t.Parallel()
	a, b := []string{"x", "y", "z"}, []string{"z", "x", "y", "x"}
	for partition := range 64 {
		require.Equal(t, chosen(partition, a), chosen(partition, b))
	}
}

func TestChosenSharesOutAndMovesOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	const partitions = 1024
	workers := []string{"host-1", "host-2", "host-3", "host-4"}
	shares := map[string]int{}
	for p := range partitions {
		before, after := chosen(p, workers), chosen(p, workers[:3])
		shares[before]++
		if before != "host-4" {
			require.Equal(t, before, after, "partition %d moved though its worker stayed", p)
		}
	}
	for worker, n := range shares {
		require.InDelta(t, partitions/4, n, partitions/10, fmt.Sprint(worker))
	}
}
