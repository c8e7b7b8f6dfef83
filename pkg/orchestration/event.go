package orchestration

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Event is the name of an external event whose payload is a T:
//
//	const Approval = orchestration.Event[bool]("Approval")
//
// An orchestrator waits for it by [Event.Wait] and sends it by [Event.Send]; package client
// raises it from outside. Events are the same if their names are, in any case of letters.
type Event[T any] string

// Name returns the event's name.
func (e Event[T]) Name() string { return string(e) }

// Payload returns the zero value of the payload. It tells functions such as those of
// package client which type the payload has.
func (e Event[T]) Payload() (payload T) { return payload }

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

// Wait waits for the event.
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
func (e Event[T]) Wait(ctx *Context, options ...WaitOption) *Task[T] {
	if err := ctx.ready(); err != nil {
		return failed[T](ctx, err)
	}
	if err := ident.CheckName("event name", string(e)); err != nil {
		return failed[T](ctx, err)
	}
	var o waitOptions
	for _, option := range options {
		option(&o)
	}
	t := newTask[T](ctx.env)
	take := func(event record.Event) {
		name, data := event.Name, event.Data
		t.core.EndLater(func() (err error) {
			t.value, err = read[T](name, data, t.core.Env().ReadsExactly())
			return err
		})
	}
	var expire func()
	if o.timeout != nil {
		expire = func() { t.end(t.value, ErrTimeout) }
	}
	ctx.env.WaitEvent(&t.core, string(e), o.timeout, take, expire)
	return inScope(ctx, t)
}

// Send raises the event on another instance. Once the orchestrator waits or ends, the event
// is under way, and it is raised exactly once, whatever is killed meanwhile. The sender does
// not learn of its outcome: on an id that does not exist, or that has ended, it is discarded.
// Events that one orchestrator sends to one instance arrive in the order they were sent.
//
// It returns an error if the id or the name is not a legal one, if the payload cannot be
// written as JSON or takes more than the hub stores ([ErrTooLarge]), and
// [ErrCanceled] if ctx is of a cancelled scope.
func (e Event[T]) Send(ctx *Context, instanceID string, payload T) error {
	if err := ctx.ready(); err != nil {
		return err
	}
	if err := ident.CheckAddress(instanceID); err != nil {
		return err
	}
	if err := ident.CheckName("event name", string(e)); err != nil {
		return err
	}
	data, err := encode(ctx, payload)
	if err != nil {
		return fmt.Errorf("event %q: %w", string(e), err)
	}
	ctx.env.SendEvent(instanceID, string(e), data)
	return nil
}
