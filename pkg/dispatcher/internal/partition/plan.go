package partition

import (
	"fmt"
	"slices"
	"strings"
)

const (
	presencePrefix  = "worker."
	partitionPrefix = "partition."
)

// plan says what one worker does next so that it owns the partitions it should own.
type plan struct {
	take, giveUp []int
	// waits is set while a partition that it should own is not free yet: another worker
	// holds it, or this one is still giving it up.
	waits bool
}

// owning is how far a worker is with a partition.
type owning uint8

const (
	notOwned owning = iota
	owned
	leaving
)

// planOf returns the plan of a worker that sees these leases, by name, and owns partitions
// as the function says. The answer depends on nothing else.
func planOf(worker string, view map[string]string, partitions int, state func(partition int) owning) plan {
	var p plan
	workers := workersIn(view, worker)
	for partition := range partitions {
		isMine := chosen(partition, workers) == worker
		switch is := state(partition); {
		case isMine && is == notOwned && isFree(view, partition, worker):
			p.take = append(p.take, partition)
		case isMine && is != owned:
			p.waits = true
		case !isMine && is == owned:
			p.giveUp = append(p.giveUp, partition)
		}
	}
	return p
}

// workersIn returns the workers that show their presence, and this one.
func workersIn(view map[string]string, worker string) []string {
	workers := []string{worker}
	for name := range view {
		if other, isPresence := strings.CutPrefix(name, presencePrefix); isPresence {
			workers = append(workers, other)
		}
	}
	return workers
}

// hasOthers reports whether another worker shows its presence.
func hasOthers(view map[string]string, worker string) bool {
	return slices.ContainsFunc(workersIn(view, worker), func(other string) bool { return other != worker })
}

// isFree reports whether no other worker holds the partition.
func isFree(view map[string]string, partition int, worker string) bool {
	holder := view[leaseOf(partition)]
	return holder == "" || holder == worker
}

func leaseOf(partition int) string { return fmt.Sprintf("%s%d", partitionPrefix, partition) }
