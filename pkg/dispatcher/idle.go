package dispatcher

import (
	"sync"
	"time"
)

// idleness knows since when nothing has been due.
type idleness struct {
	mu   sync.Mutex
	busy int
	// settled is set while this worker holds all that it should hold: until then
	// it cannot know what is due.
	settled bool
	since   time.Time
}

func (i *idleness) settle(settled bool) {
	i.mu.Lock()
	if settled && !i.settled {
		i.since = time.Now()
	}
	i.settled = settled
	i.mu.Unlock()
}

func (i *idleness) begin() {
	i.mu.Lock()
	i.busy++
	i.mu.Unlock()
}

func (i *idleness) end() {
	i.mu.Lock()
	i.busy--
	i.since = time.Now()
	i.mu.Unlock()
}

// duration returns for how long nothing has been due, 0 if something is or may be.
func (i *idleness) duration() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.busy > 0 || !i.settled {
		return 0
	}
	return time.Since(i.since)
}
