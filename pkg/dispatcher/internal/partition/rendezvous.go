package partition

import (
	"fmt"
	"hash/fnv"
)

// chosen returns which of the workers should hold the partition: the one whose
// hash with it is highest. The order of workers does not matter.
func chosen(partition int, workers []string) string {
	var best string
	var highest uint64
	for _, worker := range workers {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s/%d", worker, partition)
		weight := mix(h.Sum64())
		if best == "" || weight > highest || (weight == highest && worker > best) {
			best, highest = worker, weight
		}
	}
	return best
}

// mix spreads the last bytes hashed over all bits (the finalizer of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
