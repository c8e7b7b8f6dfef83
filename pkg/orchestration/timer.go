package orchestration

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// CreateTimer sets a durable timer that ends after the given time, counted from
// [Context.CurrentTime]. It survives everything that the hub survives, may be
// years long, never ends early and may end up to about a second late. A timer
// that is not needed any more does not keep the instance from ending.
func CreateTimer(ctx *Context, after time.Duration) *Task[None] {
	return CreateTimerAt(ctx, ctx.CurrentTime().Add(after))
}

// CreateTimerAt is [CreateTimer] for a point in time. One that has passed ends as
// soon as the hub gets to it.
func CreateTimerAt(ctx *Context, at time.Time) *Task[None] {
	if err := ctx.ready(); err != nil {
		return failed[None](ctx.x, err)
	}
	t, _ := ctx.x.setTimer(at)
	return inScope(ctx, t)
}

func (x *Execution) setTimer(at time.Time) (*Task[None], *pendingTask) {
	at = storable(at)
	t := newTask[None](x)
	p := &pendingTask{
		wait: history.Wait{Kind: history.WaitTimer, Since: x.now, Deadline: at},
		end:  func(record.Event) { t.end(None{}, nil) },
	}
	id := x.tasks.add(p)
	t.c.cancel = func() {
		x.tasks.remove(id)
		x.decide(record.Event{Kind: history.TimerCancelled, Task: id})
	}
	x.decide(record.Event{Kind: history.TimerCreated, Task: id, At: at})
	return t, p
}

// storable returns the point in time as a history holds it, so that "never",
// written as a very long time, does not come out as the past.
func storable(at time.Time) time.Time {
	switch {
	case at.After(record.LatestTime):
		return record.LatestTime
	case at.Before(record.EarliestTime):
		return record.EarliestTime
	}
	return at.UTC().Round(0)
}
