package orchestration

import "time"

// CreateTimer sets a durable timer that ends after the given time, counted from
// [Context.CurrentTime]. It survives everything that the hub survives, may be
// years long, never ends early and may end up to about a second late. [Task.Cancel], or the
// cancel function of [WithCancel], takes a timer back; the end of the instance takes back all.
func CreateTimer(ctx *Context, after time.Duration) *Task[None] {
	return CreateTimerAt(ctx, ctx.CurrentTime().Add(after))
}

// CreateTimerAt is [CreateTimer] for a point in time. One that has passed ends as
// soon as the hub gets to it.
func CreateTimerAt(ctx *Context, at time.Time) *Task[None] {
	if err := ctx.ready(); err != nil {
		return failed[None](ctx, err)
	}
	t := newTask[None](ctx.env)
	ctx.env.SetTimer(&t.core, at)
	return inScope(ctx, t)
}
