package monitor

import (
	"sync"
	"time"
)

// Idle knows since when nothing has been due.
type Idle struct {
	mu   sync.Mutex
	busy int
	// settled is set while this worker holds all that it should hold: until then
	// it cannot know what is due.
	settled bool
	since   time.Time
}

// Settle notes whether this worker holds all that it should hold.
func (i *Idle) Settle(settled bool) {
	i.mu.Lock()
	if settled && !i.settled {
		i.since = time.Now()
	}
	i.settled = settled
	i.mu.Unlock()
}

// Begin notes that something is due, until End.
func (i *Idle) Begin() {
	i.mu.Lock()
	i.busy++
	i.mu.Unlock()
}

// End notes that what began is done.
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
	if i.busy > 0 || !i.settled {
		return 0
	}
	return time.Since(i.since)
}
