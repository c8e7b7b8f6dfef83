package orchestration

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// WaitOption changes how an external event is waited for.
type WaitOption func(*waitOptions)

type waitOptions struct {
	timeout *time.Duration
}

// WithTimeout makes the wait end with [ErrTimeout] if no event has come after
// that time; see [Task.OnTimeout] for a default instead. The wait then is no
// longer in line: a later event goes to a later wait.
//
// The timeout is a durable timer, which stands in the history. To add one to a wait that
// instances are in, or to take it away, needs a [Version]; to change how long it is does
// not, and waits under way keep the old one.
func WithTimeout(after time.Duration) WaitOption {
	return func(o *waitOptions) { o.timeout = &after }
}

// WaitForExternalEvent waits for an event of that name, in any case of letters.
//
// Events of one name go, in the order they came in, to the waits for it that have not
// ended: first to those that some branch is waiting on, directly or in [WhenAny] or
// [WhenAll], the oldest of them first; only if there is none, to the oldest wait that
// nobody is waiting on. An event that came before there was a wait is kept for the
// first one. So a wait that lost a WhenAny and is not cancelled does not take the event
// that the code is waiting for, but it does take one that nobody is waiting for.
//
// The payload is JSON and is read as a T. Beyond what encoding/json accepts, a
// bool takes "true" and "false" in any case, a number takes a numeric string, an integer
// takes 42.0 and 1e3, which are integers too, an any takes an integer that a float64 may
// not hold (beyond 2^53) as an int64, or as a json.Number if that is too small, a string
// takes a number or a bool as its text; no payload, or null, gives a nil
// pointer, interface, slice, map or json.RawMessage. A payload that cannot be
// read ends the wait with a [*ConversionError], and the event is used up.
func WaitForExternalEvent[T any](ctx *Context, name string, options ...WaitOption) *Task[T] {
	x := ctx.x
	if err := ctx.ready(); err != nil {
		return failed[T](x, err)
	}
	if err := ident.CheckName("event name", name); err != nil {
		return failed[T](x, err)
	}
	var o waitOptions
	for _, option := range options {
		option(&o)
	}
	t := newTask[T](x)
	w := &waiter{name: name, since: x.now, take: func(e record.Event) {
		name, data := e.Name, e.Data
		t.endLater(func() { t.value, t.c.err = convert[T](name, data, x.readsExactly()) })
	}}
	w.isAwaited = t.c.isAwaited
	t.c.cancel = func() { x.events.leave(w) }
	t.c.look = func() { x.events.seen(w) }
	x.events.wait(w)
	if o.timeout != nil && !t.c.done {
		limit(t, w, *o.timeout)
	}
	return inScope(ctx, t)
}

// limit ends the wait after a time, unless its event comes first and takes the
// timer back.
func limit[T any](t *Task[T], w *waiter, after time.Duration) {
	x := t.c.x
	expire := func() {
		x.events.leave(w)
		t.end(t.value, ErrTimeout)
	}
	if after <= 0 {
		expire()
		return
	}
	w.deadline = storable(x.now.Add(after))
	timer, pending := x.setTimer(w.deadline)
	pending.hidden = true
	timer.c.then(func() {
		if timer.c.err == nil && !t.c.done {
			expire()
		}
	})
	t.c.then(timer.cancelNow)
}
