package orchestration

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

type activityOptions struct {
	retry   *RetryPolicy
	timeout time.Duration
}

// WithRunTimeout bounds how long one run of an activity may take, counted from when
// a worker begins it; 0 is any time, and d must not be negative. When the time is up
// the activity's context ends. If it returns an error then, or nothing within a tenth
// of a second, it has failed, with type Timeout and that error as the cause; a retry
// policy may run it again. One that does not return is left behind, its goroutine
// with it: an activity should heed its context.
//
// A worker that dies is not noticed by this but by its silence, within 30 s. To bound
// the time until the result, waiting for a worker and retries included, wait for a
// timer as well: see [WhenAny].
func WithRunTimeout(d time.Duration) ActivityOption {
	return activityOption(func(o *activityOptions) { o.timeout = d })
}

func (o *activityOptions) check(name string) error {
	if o.timeout < 0 {
		return fmt.Errorf("activity %q: the timeout must not be negative", name)
	}
	if o.retry != nil {
		if err := o.retry.check(); err != nil {
			return fmt.Errorf("activity %q: %w", name, err)
		}
	}
	return ident.CheckName("activity name", name)
}

// CallActivity asks for the activity of that name to be run with input, by any
// worker of the hub, and returns its result as a task. The task fails with a
// [*TaskFailedError] if the activity fails. It is for activities whose code is elsewhere, such
// as in another program; [ActivityHandle.Call] checks the types of those that are here.
//
// Once the orchestrator waits, the call is durable: it will be run, and its
// result will come, whatever is killed meanwhile. It may be run more than once;
// its result is taken once.
func CallActivity[Out any](ctx *Context, name string, input any, options ...ActivityOption) *Task[Out] {
	if err := ctx.ready(); err != nil {
		return failed[Out](ctx, err)
	}
	var o activityOptions
	for _, option := range options {
		option.toActivity(&o)
	}
	if err := o.check(name); err != nil {
		return failed[Out](ctx, err)
	}
	data, err := encode(ctx, input)
	if err != nil {
		return failed[Out](ctx, fmt.Errorf("input of activity %q: %w", name, err))
	}
	call := record.Call{Timeout: o.timeout}
	if o.retry == nil {
		return inScope(ctx, schedule[Out](ctx, name, data, call))
	}
	first := ctx.env.NextTask()
	return callWithRetry(ctx, *o.retry, func(attempt int) *Task[Out] {
		if attempt > 1 {
			call.First, call.Attempt = first, attempt
		}
		return schedule[Out](ctx, name, data, call)
	})
}

// schedule asks for one run of an activity.
func schedule[Out any](ctx *Context, name string, input []byte, call record.Call) *Task[Out] {
	t := newTask[Out](ctx.env)
	ctx.env.Schedule(&t.core, name, input, call, t.endsWithResultOf("activity", name))
	return t
}

// ActivityInfo identifies the call that an activity is run for.
type ActivityInfo struct {
	Name        string
	InstanceID  string
	ExecutionID string
	// Task is the number of the call within its execution. Together with
	// ExecutionID it names the call: use both as the idempotency key of the
	// activity's effects elsewhere.
	Task int64
	// Attempt counts the attempts of a retry policy, from 1, and FirstTask is the
	// Task of the first of them: together with ExecutionID it names all of them.
	Attempt   int
	FirstTask int64
	// Delivery counts how often this attempt has been handed to a worker, from 1.
	Delivery int
}

// ActivityInfoFrom returns the call that the activity whose context this is is run for,
// and false if ctx is not an activity's.
func ActivityInfoFrom(ctx context.Context) (ActivityInfo, bool) {
	run, ok := replay.RunFrom(ctx)
	if !ok {
		return ActivityInfo{}, false
	}
	return ActivityInfo{
		Name: run.Name, InstanceID: run.Instance, ExecutionID: record.Unwound(run.Execution), Task: run.Task,
		Attempt: max(1, run.Call.Attempt), FirstTask: run.FirstTask(), Delivery: run.Delivery,
	}, true
}
