package orchestration

import (
	"maps"
	"slices"
)

// scope is what the tasks made with one Context have in common: they are cancelled
// together.
type scope struct {
	x        *Execution
	parent   *scope
	canceled bool
	// open cancels the tasks that have not ended, those of scopes within included,
	// by the number they joined with.
	open map[int64]func()
}

// WithCancel returns a Context whose tasks can be cancelled together: every wait,
// timer, call, [WhenAny] and [WhenAll] that is asked for with it, or with a
// Context made from it, until cancel is called. Cancel then does [Task.Cancel] to
// those that have not ended, in the order they were made; a second call does
// nothing. A branch made by [Go] goes on, to clean up with another Context: whatever
// it waits for with the one it was given has ended, and its task ends when it returns.
//
// What is asked for with the Context later ends at once with [ErrCanceled], and
// nothing is done.
func WithCancel(ctx *Context) (derived *Context, cancel func()) {
	ctx.x.mustRun()
	s := &scope{x: ctx.x, parent: ctx.scope, open: map[int64]func(){}}
	return &Context{x: ctx.x, scope: s}, s.cancel
}

func (s *scope) cancel() {
	s.x.mustRun()
	if s.canceled {
		return
	}
	s.canceled = true
	for _, number := range slices.Sorted(maps.Keys(s.open)) {
		if cancel, ok := s.open[number]; ok { // one may have ended with another
			cancel()
		}
	}
}

// isCanceled reports whether the scope, or one around it, is cancelled.
func (s *scope) isCanceled() bool {
	for ; s != nil; s = s.parent {
		if s.canceled {
			return true
		}
	}
	return false
}

// ready returns [ErrCanceled] if the Context's scope is cancelled. It unwinds the
// calling goroutine if that must not go on: see [Execution.mustRun].
func (c *Context) ready() error {
	c.x.mustRun()
	if c.scope.isCanceled() {
		return ErrCanceled
	}
	return nil
}

// inScope makes the task one of the Context's scope until it has ended, and
// returns it.
func inScope[T any](ctx *Context, t *Task[T]) *Task[T] {
	if ctx.scope == nil || t.c.done {
		return t
	}
	ctx.x.joined++
	number := ctx.x.joined
	for s := ctx.scope; s != nil; s = s.parent {
		s.open[number] = t.Cancel
	}
	t.c.then(func() {
		for s := ctx.scope; s != nil; s = s.parent {
			delete(s.open, number)
		}
	})
	return t
}
