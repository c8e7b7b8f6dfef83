package orchestration

import (
	"errors"
	"slices"
)

// None is the result of tasks that have none, and the type to wait for an event
// whose payload does not matter.
type None = struct{}

// Awaitable is any [Task], whatever its result: what WhenAny and WhenAll take.
type Awaitable interface {
	// Done reports whether the task has ended, so that Await returns at once.
	Done() bool
	// Err returns the error of an ended task, nil of one that has not ended.
	Err() error
	core() *core
}

// Task is something an orchestrator asked for and can wait for.
//
// A task ends once: with a value or with an error. Until then it stays what it
// is: a wait that lost a [WhenAny] is still in line for its event unless it is
// cancelled.
type Task[T any] struct {
	c     core
	value T
	// onTimeout replaces ErrTimeout where the orchestrator gave a default.
	onTimeout *T
}

// core is the part of a task that does not depend on its result's type.
type core struct {
	x       *Execution
	done    bool
	err     error
	waiting []*branch
	// within are the combined tasks, made by WhenAny and WhenAll, that this one is part
	// of.
	within []*core
	ended  []func()
	cancel func()
	// read works out how an ended task has ended, nil once that is done.
	read func()
	// look is told when the code first learns of the task's end.
	look func()
}

func newTask[T any](x *Execution) *Task[T] {
	return &Task[T]{c: core{x: x}}
}

// failed returns a task that has ended with err before it began.
func failed[T any](x *Execution, err error) *Task[T] {
	t := newTask[T](x)
	t.end(t.value, err)
	return t
}

// Await returns the task's result; until there is one, the branch that calls it
// waits, and when all branches of an orchestrator wait it may be unloaded.
func (t *Task[T]) Await() (T, error) {
	t.c.await()
	t.c.seen()
	return t.value, t.c.err
}

// Done reports whether the task has ended.
func (t *Task[T]) Done() bool {
	t.c.x.mustOwn()
	t.c.seen()
	return t.c.done
}

// Err returns the error that the task ended with, nil while it has not ended.
func (t *Task[T]) Err() error {
	t.c.x.mustOwn()
	t.c.seen()
	return t.c.err
}

// Cancel ends the task with [ErrCanceled] if it has not ended yet. A cancelled
// wait is no longer in line for its event, a cancelled timer never fires, a
// sub-orchestration is terminated. An activity is not stopped: its result is
// ignored. No retry policy runs either of them again. A branch made by [Go] is not
// stopped; see [WithCancel] for how to end what it waits for.
func (t *Task[T]) Cancel() {
	t.c.x.mustRun()
	t.cancelNow()
}

func (t *Task[T]) cancelNow() {
	if t.c.done {
		return
	}
	if t.c.cancel != nil {
		t.c.cancel()
	}
	t.end(t.value, ErrCanceled)
}

// OnTimeout makes the task end with value where it would end with [ErrTimeout],
// and returns the task.
func (t *Task[T]) OnTimeout(value T) *Task[T] {
	t.c.x.mustOwn()
	t.onTimeout = &value
	if t.c.done {
		t.applyDefault()
	}
	return t
}

func (t *Task[T]) applyDefault() {
	if t.onTimeout != nil && isTimeout(t.c.err) {
		t.value, t.c.err = *t.onTimeout, nil
	}
}

// isTimeout reports whether err is [ErrTimeout]. A branch's error is users' code, whose
// Is method may panic.
func isTimeout(err error) (is bool) {
	defer func() {
		if recover() != nil {
			is = false
		}
	}()
	return errors.Is(err, ErrTimeout)
}

func (t *Task[T]) core() *core { return &t.c }

// end gives the task its result, wakes who waits for it and tells who listens.
func (t *Task[T]) end(value T, err error) {
	if t.c.done {
		return
	}
	t.value, t.c.err = value, err
	t.applyDefault()
	t.c.finish()
}

// joins notes that the task is part of a combined one.
func (c *core) joins(combined *core) {
	if c.done || combined.done {
		return
	}
	c.within = slices.DeleteFunc(c.within, func(other *core) bool { return other.done })
	c.within = append(c.within, combined)
}

// isAwaited reports whether a branch is waiting on the task now, directly or in
// WhenAny or WhenAll. Seen are combined tasks that were looked at before; tasks can be
// combined in so many ways that looking twice would never end.
func (c *core) isAwaited(seen map[*core]bool) bool {
	if len(c.waiting) > 0 {
		return true
	}
	for _, combined := range c.within {
		if combined.done || seen[combined] {
			continue
		}
		seen[combined] = true
		if combined.isAwaited(seen) {
			return true
		}
	}
	return false
}

// endLater ends the task with a result that read sets when the code first asks for it,
// on the goroutine that asks: to read is to call users' code, which may do anything.
func (t *Task[T]) endLater(read func()) {
	if t.c.done {
		return
	}
	t.c.read = read
	t.c.finish()
}

func (c *core) finish() {
	c.done, c.within = true, nil
	c.x.ready = append(c.x.ready, c.waiting...)
	c.waiting = nil
	ended := c.ended
	c.ended = nil
	for _, f := range ended {
		f()
	}
}

// seen notes that the code knows how the task ended, if it has.
func (c *core) seen() {
	if !c.done {
		return
	}
	c.readNow()
	if c.look == nil {
		return
	}
	look := c.look
	c.look = nil
	look()
}

// readNow works out how an ended task has ended.
func (c *core) readNow() {
	if read := c.read; read != nil {
		c.read = nil
		read()
	}
}

// then calls f when the task has ended: now, if it has.
func (c *core) then(f func()) {
	if c.done {
		f()
		return
	}
	c.ended = append(c.ended, f)
}

func (c *core) await() {
	c.x.mustRun()
	for !c.done {
		c.waiting = append(c.waiting, c.x.current)
		c.x.park()
	}
}
