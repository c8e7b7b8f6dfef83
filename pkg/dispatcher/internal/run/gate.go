package run

import (
	"sync"
	"time"
)

// gate lets turns run that may end this process, in an order that makes its end speak
// against few of them, and in the end against one. Those that have lost no worker yet run
// side by side, some at a time. One that has runs alone, after all that have lost fewer.
// So whatever the worst of them does, the others get on.
type gate struct {
	mu sync.Mutex
	// changed is closed, and made anew, when a turn leaves or goes away.
	changed chan struct{}
	// waiting counts the turns in line, by how many workers they have lost.
	waiting map[int]int
	running int
	alone   bool
	// busy is when a turn came that has lost no worker, or a partition was opened.
	busy time.Time
}

const (
	// mostSuspects is how many turns run side by side that have lost no worker.
	mostSuspects = 32
	// settling is for how long none such may have come before another may run: what a
	// partition brings when it is opened comes first.
	settling = time.Second
)

func newGate() *gate {
	return &gate{changed: make(chan struct{}), waiting: map[int]int{}}
}

// expect notes that a partition was opened: turns are about to come.
func (g *gate) expect() {
	g.mu.Lock()
	g.busy = time.Now()
	g.mu.Unlock()
}

// enter waits until a turn that has lost so many workers may run, and returns what it
// must call when it has; nil if over was closed before.
func (g *gate) enter(lost int, over <-chan struct{}) (leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting[lost]++
	if lost == 0 {
		g.busy = time.Now()
	}
	for !g.lets(lost) {
		changed := g.changed
		g.mu.Unlock()
		left := wait(changed, over)
		g.mu.Lock()
		if left {
			g.gone(lost)
			return nil
		}
	}
	g.gone(lost)
	g.running++
	g.alone = lost > 0
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.running--
		g.alone = false
		g.tell()
	}
}

// wait returns when the gate has changed, or after a while; or true when over is closed.
func wait(changed, over <-chan struct{}) bool {
	look := time.NewTimer(settling / 4)
	defer look.Stop()
	select {
	case <-over:
		return true
	case <-changed:
	case <-look.C:
	}
	return false
}

func (g *gate) lets(lost int) bool {
	if lost == 0 {
		return !g.alone && g.running < mostSuspects
	}
	for fewer, n := range g.waiting {
		if fewer < lost && n > 0 {
			return false
		}
	}
	return g.running == 0 && time.Since(g.busy) >= settling
}

// gone takes a turn out of the line.
func (g *gate) gone(lost int) {
	if g.waiting[lost]--; g.waiting[lost] == 0 {
		delete(g.waiting, lost)
	}
	g.tell()
}

func (g *gate) tell() {
	close(g.changed)
	g.changed = make(chan struct{})
}
