package orchestration

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

type activityOptions struct {
	retry *RetryPolicy
}

// CallActivity asks for the activity of that name to be run with input, by any
// worker of the hub, and returns its result as a task. The task fails with a
// [*TaskFailedError] if the activity fails.
//
// Once the orchestrator waits, the call is durable: it will be run, and its
// result will come, whatever is killed meanwhile. It may be run more than once;
// its result is taken once.
func CallActivity[Out any](ctx *Context, name string, input any, options ...ActivityOption) *Task[Out] {
	if err := ctx.ready(); err != nil {
		return failed[Out](ctx.x, err)
	}
	var o activityOptions
	for _, option := range options {
		option.toActivity(&o)
	}
	data, err := ctx.x.encode(input)
	if err != nil {
		return failed[Out](ctx.x, inputError(name, err))
	}
	if o.retry == nil {
		return inScope(ctx, schedule[Out](ctx.x, name, data))
	}
	if err := o.retry.check(); err != nil {
		return failed[Out](ctx.x, fmt.Errorf("activity %q: %w", name, err))
	}
	return callWithRetry(ctx, *o.retry, func(int) *Task[Out] { return schedule[Out](ctx.x, name, data) })
}

func inputError(name string, err error) error {
	return fmt.Errorf("input of activity %q: %w", name, err)
}

// schedule asks for one run of an activity.
func schedule[Out any](x *Execution, name string, input []byte) *Task[Out] {
	if err := history.CheckName("activity name", name); err != nil {
		return failed[Out](x, err)
	}
	t := newTask[Out](x)
	wait := history.Wait{Kind: history.WaitActivity, Name: name, Since: x.now}
	id := x.tasks.add(&pendingTask{wait: wait, end: settle(t, "activity", name)})
	t.c.cancel = func() { x.tasks.remove(id) }
	x.decide(history.Event{Kind: history.TaskScheduled, Task: id, Name: name, Data: input})
	return t
}

// ActivityInfo says what an activity is run for.
type ActivityInfo struct {
	Name        string
	InstanceID  string
	ExecutionID string
	// Task is the number of the call within its execution. Together with
	// ExecutionID it names the call: use both as the idempotency key of what the
	// activity does elsewhere.
	Task int64
	// Delivery counts how often this call has been handed to a worker, from 1.
	Delivery int
}

type activityInfoKey struct{}

func withActivityInfo(ctx context.Context, info ActivityInfo) context.Context {
	return context.WithValue(ctx, activityInfoKey{}, info)
}

// ActivityInfoFrom returns what the activity whose context this is is run for,
// and false if ctx is not an activity's.
func ActivityInfoFrom(ctx context.Context) (ActivityInfo, bool) {
	info, ok := ctx.Value(activityInfoKey{}).(ActivityInfo)
	return info, ok
}
