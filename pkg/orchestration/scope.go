package orchestration

import "github.com/dormouse-dev/dormouse/internal/replay"

// WithCancel returns a Context whose tasks can be cancelled together: every wait,
// timer, call, [WhenAny] and [WhenAll] that is asked for with it, or with a
// Context made from it, until cancel is called. Cancel then does [Task.Cancel] to
// those that have not ended, in the order they were made; a second call does
// nothing. A branch made by [Go] goes on, to clean up with another Context: its waits with
// the Context it was given have ended, and its task ends when it returns.
//
// A task that is asked for with the Context later ends at once with [ErrCanceled], and
// nothing is done.
func WithCancel(ctx *Context) (derived *Context, cancel func()) {
	s := replay.NewScope(ctx.env, ctx.scope)
	return &Context{env: ctx.env, scope: s}, s.Cancel
}

// inScope makes the task one of the Context's scope until it has ended, and
// returns it.
func inScope[T any](ctx *Context, t *Task[T]) *Task[T] {
	ctx.scope.Add(&t.core)
	return t
}
