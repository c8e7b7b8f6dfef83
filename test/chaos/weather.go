package main

import "sync"

// weather says whether a fault is in force.
type weather struct {
	mu sync.Mutex
	// storms counts the faults so far.
	storms int
	calm   bool
}

func newWeather() *weather { return &weather{calm: true} }

func (w *weather) storm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.storms++
	w.calm = false
}

func (w *weather) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calm = true
}

// now returns how many faults there were so far, and whether none is in force.
func (w *weather) now() (storms int, calm bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.storms, w.calm
}
