package orchestration

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// branch is one line of execution of an orchestrator. It has a goroutine of its
// own, but of all branches of an orchestrator at most one runs at a time, and the
// orchestrator's caller waits for it: control is handed over, never shared. That
// makes the order in which branches run a function of the history alone.
type branch struct {
	x       *Execution
	body    func()
	resume  chan struct{}
	started bool
	// goroutine is what the runtime calls it, to find its stack by, and number what
	// tells it from others.
	goroutine atomic.Pointer[string]
	number    uintptr
}

// spawn makes a branch that runs body when its turn comes.
func (x *Execution) spawn(body func()) {
	b := &branch{x: x, body: body, resume: make(chan struct{})}
	x.branches = append(x.branches, b)
	x.ready = append(x.ready, b)
}

// runReady lets branches run, in the order they became ready, until all of them
// wait or the orchestrator has ended.
func (x *Execution) runReady() error {
	for len(x.ready) > 0 && !x.ended && x.control.failure() == nil {
		b := x.ready[0]
		x.ready = x.ready[1:]
		if err := b.run(); err != nil {
			return err
		}
	}
	return nil
}

// run hands control to the branch and returns when it waits or is at its end; or
// with a [*StuckError] when it has done neither for too long.
func (b *branch) run() error {
	x := b.x
	x.current = b
	x.control.give()
	if b.started {
		b.resume <- struct{}{}
	} else {
		b.started = true
		go b.main()
	}
	if err := x.control.await(b); err != nil {
		return err
	}
	x.current = nil
	return nil
}

func (b *branch) main() {
	b.goroutine.Store(goroutineID())
	b.number = goroutine()
	b.x.owner.Store(b.number)
	returned := false
	defer func() {
		if cause := recover(); cause != nil {
			b.x.finish(nil, &panicError{value: cause, stack: string(debug.Stack())})
		} else if !returned {
			b.x.lost()
		}
		b.x.forget(b)
		if !b.handBack() {
			b.x.unwind()
			b.x.control.back.Store(true)
		}
	}()
	b.body()
	returned = true
}

// handBack gives control back to the caller; false if nobody waits for it.
func (b *branch) handBack() bool {
	b.x.owner.Store(0)
	return b.x.control.handBack()
}

// lost fails the orchestrator whose code called runtime.Goexit: that goroutine
// cannot be saved. When the orchestrator is unloaded it means nothing.
func (x *Execution) lost() {
	x.finish(nil, fmt.Errorf("orchestrator %q ended its goroutine with runtime.Goexit", x.info.Name))
}

// park hands control back until the branch is run again. If that is because the
// orchestrator is unloaded, the goroutine unwinds: deferred calls run, recover
// sees nothing.
func (x *Execution) park() {
	b := x.current
	if !b.handBack() {
		runtime.Goexit()
	}
	<-b.resume
	x.owner.Store(b.number)
	x.mustRun()
}

// mustRun unwinds the calling goroutine if the orchestrator is being unloaded, or
// has broken off, so that a Context call in a deferred function decides nothing. A
// goroutine that the orchestrator does not own ends as well.
func (x *Execution) mustRun() {
	x.mustOwn()
	if x.isOff() {
		runtime.Goexit()
	}
}

// isOff reports whether what the code does has no effect any more.
func (x *Execution) isOff() bool { return x.closed.Load() || x.control.failure() != nil }

func (x *Execution) forget(b *branch) {
	for i, other := range x.branches {
		if other == b {
			x.branches = append(x.branches[:i], x.branches[i+1:]...)
			return
		}
	}
}

// Close unloads the orchestrator: every waiting branch unwinds and its goroutine
// ends. The Execution must not be used afterwards. One that is lost, because its
// code did not give control back, unwinds when it does.
func (x *Execution) Close() {
	if x.control.lost() == nil {
		x.unwind()
	}
}

func (x *Execution) unwind() {
	if x.closed.Swap(true) {
		return
	}
	for len(x.branches) > 0 {
		b := x.branches[len(x.branches)-1]
		if !b.started {
			x.forget(b)
			continue
		}
		if b.run() != nil {
			return
		}
	}
}
