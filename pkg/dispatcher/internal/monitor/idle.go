package monitor

import (
	"sync"
	"time"
)

// Idle knows since when nothing has been due.
type Idle struct {
	mu   sync.Mutex
	busy int
	// holdsAll is set while this worker holds all partitions that it should hold. Before
	// that it cannot know whether anything is due.
	holdsAll bool
	since    time.Time
}

// HoldsAll notes whether this worker holds all partitions that it should hold.
func (i *Idle) HoldsAll(holdsAll bool) {
	i.mu.Lock()
	if holdsAll && !i.holdsAll {
		i.since = time.Now()
	}
	i.holdsAll = holdsAll
	i.mu.Unlock()
}

// Begin notes that something is due, until End.
func (i *Idle) Begin() {
	i.mu.Lock()
	i.busy++
	i.mu.Unlock()
}

// End ends what Begin began.
func (i *Idle) End() {
	i.mu.Lock()
	i.busy--
	i.since = time.Now()
	i.mu.Unlock()
}

// Duration returns for how long nothing has been due, 0 if something is or may be.
func (i *Idle) Duration() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.busy > 0 || !i.holdsAll {
		return 0
	}
	return time.Since(i.since)
}
