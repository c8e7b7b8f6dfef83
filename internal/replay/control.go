package replay

import (
	"sync"
	"sync/atomic"
	"time"
)

// stuckAfter is how long a branch may run without giving control back. The time
// is measured in two halves, so that a process that was stopped and goes on does
// not take its own absence for the code's.
const stuckAfter = 10 * time.Second

// control says which of two may run: the code of an orchestrator, or its caller. They hand it
// to each other. If the code keeps it too long, the caller leaves without it, and the
// orchestrator is the code's alone from then on.
type control struct {
	holder atomic.Int32
	yield  chan struct{}
	after  time.Duration
	// failed is set when the orchestrator has broken off: nothing but Close may be called.
	failed atomic.Pointer[error]
	// left is set when the caller has left without the code, back when that code has
	// come to its end all the same.
	left, back atomic.Bool
}

const (
	withCaller int32 = iota
	withCode
	// leftBehind: the caller has gone; nobody waits for the code.
	leftBehind
)

func newControl(after time.Duration) *control {
	if after <= 0 {
		after = stuckAfter
	}
	return &control{yield: make(chan struct{}, 1), after: after}
}

// give lets the code run.
func (c *control) give() { c.holder.Store(withCode) }

// handBack gives control back to the caller; false if nobody waits for it.
func (c *control) handBack() bool {
	if !c.holder.CompareAndSwap(withCode, withCaller) {
		return false
	}
	c.yield <- struct{}{}
	return true
}

// alarms are timers that are stopped.
var alarms = sync.Pool{New: func() any { return time.NewTimer(time.Hour) }}

// await returns when the code has given control back; or when the caller has to leave
// without it, with the reason: a [*StuckError] when the code has kept it for too long.
func (c *control) await(b *branch) error {
	alarm := alarms.Get().(*time.Timer)
	defer alarms.Put(alarm)
	defer alarm.Stop()
	for range 2 {
		alarm.Reset(c.after / 2)
		select {
		case <-c.yield:
			return c.whyAbandoned()
		case <-alarm.C:
		}
	}
	if !c.holder.CompareAndSwap(withCode, leftBehind) {
		<-c.yield
		return c.whyAbandoned()
	}
	c.left.Store(true)
	c.fail(newStuckError(b, c))
	return c.whyAbandoned()
}

// leave breaks the orchestrator off. If its code is at work, the caller leaves without
// it, at once.
func (c *control) leave(why error) {
	c.fail(why)
	if c.holder.CompareAndSwap(withCode, leftBehind) {
		c.left.Store(true)
		c.yield <- struct{}{}
	}
}

// fail breaks the orchestrator off; the first reason counts.
func (c *control) fail(why error) { c.failed.CompareAndSwap(nil, &why) }

// failure returns why the orchestrator has broken off, nil if it has not.
func (c *control) failure() error {
	if why := c.failed.Load(); why != nil {
		return *why
	}
	return nil
}

// whyAbandoned returns why the engine has left the orchestrator to its code, nil if it has not.
func (c *control) whyAbandoned() error {
	if !c.left.Load() {
		return nil
	}
	return c.failure()
}

// returned reports whether the code has come to its end, if it was left behind.
func (c *control) returned() bool { return !c.left.Load() || c.back.Load() }
