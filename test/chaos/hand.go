package main

import (
	"fmt"
	"sync"
	"time"
)

// restartPause is how long a supervisor waits before it starts a worker again.
const restartPause = 300 * time.Millisecond

// hand is a worker and its supervisor: a process that ends by itself is started
// again, unless the hand is held down.
type hand struct {
	name  string
	clock *clock
	// launch starts a process whose worker has that id.
	launch func(id string) (*process, error)
	log    *journal

	mu     sync.Mutex
	p      *process
	starts int
	held   bool
	deaths int
}

// workerID returns the id of the worker's present process: each has a new one, as in a
// fleet whose workers are not told their ids.
func (h *hand) workerID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.idOf(h.starts)
}

func (h *hand) idOf(start int) string { return fmt.Sprintf("%s-%d", h.name, start) }

// work starts the worker, or starts it again.
func (h *hand) work() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = false
	if h.p != nil && h.p.running() {
		return nil
	}
	p, err := h.launch(h.idOf(h.starts + 1))
	if err != nil {
		return err
	}
	h.p, h.starts = p, h.starts+1
	go h.supervise(p)
	return nil
}

// supervise starts the worker again when it has ended by itself.
func (h *hand) supervise(p *process) {
	<-p.ended
	if !h.died(p) {
		return
	}
	time.Sleep(restartPause)
	h.mu.Lock()
	over := h.held || h.p != p
	h.mu.Unlock()
	if over {
		return
	}
	if err := h.work(); err != nil {
		h.log.say("worker %s cannot be started again: %v", h.name, err)
	}
}

// died notes that the worker has ended, and reports whether it did so by itself.
func (h *hand) died(p *process) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held {
		return false
	}
	h.deaths++
	h.log.say("worker %s has ended by itself: %v", h.name, p.err)
	return true
}

// kill ends the worker by SIGKILL and holds it down until work is called.
func (h *hand) kill() {
	if p := h.hold(); p != nil {
		p.kill()
	}
}

// hold makes the supervisor leave the worker alone, and returns its process.
func (h *hand) hold() *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = true
	return h.p
}

// process returns the worker's present process.
func (h *hand) process() *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.p
}

// deathCount returns how often the worker has ended by itself.
func (h *hand) deathCount() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.deaths
}
