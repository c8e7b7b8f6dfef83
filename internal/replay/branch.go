package replay

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// branches are the lines of execution of an orchestrator. Each has a goroutine of its own,
// but at most one of them runs at a time, and the orchestrator's caller waits for it: control
// is handed over, never shared. So the order in which branches run is a function of the
// history alone.
type branches struct {
	control *control
	// owner is the goroutine of the branch that has control, 0 while none has.
	owner   atomic.Uintptr
	current *branch
	live    []*branch
	ready   []*branch
	// ended is set when the code has come to its end, closed when it is being unloaded.
	ended  bool
	closed atomic.Bool
	// orchestrator is the one whose code the branches run.
	orchestrator *Orchestrator
}

// branch is one line of execution.
type branch struct {
	all     *branches
	body    func()
	resume  chan struct{}
	started bool
	// goroutine is the goroutine's name in a traceback, and number tells it from others.
	goroutine atomic.Pointer[string]
	number    uintptr
}

// spawn makes a branch that runs body when its turn comes.
func (b *branches) spawn(body func()) {
	added := &branch{all: b, body: body, resume: make(chan struct{})}
	b.live = append(b.live, added)
	b.ready = append(b.ready, added)
}

// runReady lets branches run, in the order they became ready, until all of them wait or the
// orchestrator has ended.
func (b *branches) runReady() error {
	for len(b.ready) > 0 && !b.ended && b.control.failure() == nil {
		next := b.ready[0]
		b.ready = b.ready[1:]
		if err := next.run(); err != nil {
			return err
		}
	}
	return nil
}

// run hands control to the branch and returns when it waits or is at its end; or with a
// [*StuckError] when it has done neither for too long.
func (b *branch) run() error {
	b.all.current = b
	b.all.control.give()
	if b.started {
		b.resume <- struct{}{}
	} else {
		b.started = true
		go b.main()
	}
	if err := b.all.control.await(b); err != nil {
		return err
	}
	b.all.current = nil
	return nil
}

func (b *branch) main() {
	b.goroutine.Store(goroutineID())
	b.number = goroutine()
	b.all.owner.Store(b.number)
	returned := false
	defer func() {
		if cause := recover(); cause != nil {
			b.all.orchestrator.fail(&panicError{value: cause, stack: string(debug.Stack())})
		} else if !returned {
			// The code called runtime.Goexit, or the orchestrator is unloaded and fail does
			// nothing.
			b.all.orchestrator.fail(fmt.Errorf("orchestrator %q ended its goroutine with runtime.Goexit", b.all.orchestrator.name()))
		}
		b.all.remove(b)
		if !b.handBack() {
			b.all.unwind()
			b.all.control.back.Store(true)
		}
	}()
	b.body()
	returned = true
}

// handBack gives control back to the caller; false if nobody waits for it.
func (b *branch) handBack() bool {
	b.all.owner.Store(0)
	return b.all.control.handBack()
}

// park hands control back until the branch is run again. If that is because the
// orchestrator is unloaded, the goroutine unwinds: deferred calls run, recover sees nothing.
func (b *branches) park() {
	parked := b.current
	if !parked.handBack() {
		runtime.Goexit()
	}
	<-parked.resume
	b.owner.Store(parked.number)
	b.MustRun()
}

// MustRun unwinds the calling goroutine if the orchestrator is being unloaded, or has broken
// off, so that a Context call in a deferred function decides nothing. A goroutine that the
// orchestrator does not own ends as well.
func (b *branches) MustRun() {
	b.MustOwn()
	if b.IsOff() {
		runtime.Goexit()
	}
}

// IsOff reports whether the code's decisions have no effect any more: the orchestrator is
// being unloaded, or has broken off.
func (b *branches) IsOff() bool { return b.closed.Load() || b.control.failure() != nil }

func (b *branches) remove(gone *branch) {
	for i, other := range b.live {
		if other == gone {
			b.live = append(b.live[:i], b.live[i+1:]...)
			return
		}
	}
}

// unwind makes every waiting branch unwind.
func (b *branches) unwind() {
	if b.closed.Swap(true) {
		return
	}
	for len(b.live) > 0 {
		last := b.live[len(b.live)-1]
		if !last.started {
			b.remove(last)
			continue
		}
		if last.run() != nil {
			return
		}
	}
}

// halt breaks the orchestrator off: the input that is being handled has no effect, and
// [Orchestrator.Handle] returns err. The calling goroutine unwinds.
func (b *branches) halt(err error) {
	b.control.fail(err)
	runtime.Goexit()
}
