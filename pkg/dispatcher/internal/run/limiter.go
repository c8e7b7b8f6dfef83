package run

import (
	"sync"
	"time"
)

// limiter limits the turns that may end this process, and orders them, so that the end of the
// process speaks against few of them, and at last against one. Turns that have lost no
// worker yet run side by side, some at a time. A turn that has lost a worker runs alone, after
// all that have lost fewer. So the others get on, whatever the worst of them does.
type limiter struct {
	mu sync.Mutex
	// changed is closed, and made anew, when a turn leaves or goes away.
	changed chan struct{}
	// waiting counts the turns in line, by how many workers they have lost.
	waiting map[int]int
	running int
	alone   bool
	// busy is when the last turn came that has lost no worker, or a partition was opened.
	busy time.Time
}

const (
	// mostSuspects is how many turns run side by side that have lost no worker.
	mostSuspects = 32
	// quiet is for how long no such turn may have come before a turn may run that has lost
	// a worker: the messages that a partition brings when it is opened come first.
	quiet = time.Second
)

func newLimiter() *limiter {
	return &limiter{changed: make(chan struct{}), waiting: map[int]int{}}
}

// expect notes that a partition was opened: turns are about to come.
func (l *limiter) expect() {
	l.mu.Lock()
	l.busy = time.Now()
	l.mu.Unlock()
}

// enter waits until a turn that has lost so many workers may run, and returns a function to
// call when the turn is over; nil if over was closed before.
func (l *limiter) enter(lost int, over <-chan struct{}) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[lost]++
	if lost == 0 {
		l.busy = time.Now()
	}
	for !l.lets(lost) {
		changed := l.changed
		l.mu.Unlock()
		left := wait(changed, over)
		l.mu.Lock()
		if left {
			l.gone(lost)
			return nil
		}
	}
	l.gone(lost)
	l.running++
	l.alone = lost > 0
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.running--
		l.alone = false
		l.tell()
	}
}

// wait returns when the limiter has changed, or after a while; or true when over is closed.
func wait(changed, over <-chan struct{}) bool {
	look := time.NewTimer(quiet / 4)
	defer look.Stop()
	select {
	case <-over:
		return true
	case <-changed:
	case <-look.C:
	}
	return false
}

func (l *limiter) lets(lost int) bool {
	if lost == 0 {
		return !l.alone && l.running < mostSuspects
	}
	for fewer, n := range l.waiting {
		if fewer < lost && n > 0 {
			return false
		}
	}
	return l.running == 0 && time.Since(l.busy) >= quiet
}

// gone takes a turn out of the line.
func (l *limiter) gone(lost int) {
	if l.waiting[lost]--; l.waiting[lost] == 0 {
		delete(l.waiting, lost)
	}
	l.tell()
}

func (l *limiter) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}
