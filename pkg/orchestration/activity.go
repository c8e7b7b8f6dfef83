package orchestration

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// ActivityOption changes how an activity is called.
type ActivityOption func(*activityOptions)

type activityOptions struct {
	retry *RetryPolicy
}

// WithRetry makes a failed activity run again, as the policy says.
func WithRetry(policy RetryPolicy) ActivityOption {
	return func(o *activityOptions) { o.retry = &policy }
}

// CallActivity asks for the activity of that name to be run with input, by any
// worker of the hub, and returns its result as a task. The task fails with a
// [*TaskFailedError] if the activity fails.
//
// Once the orchestrator waits, the call is durable: it will be run, and its
// result will come, whatever is killed meanwhile. It may be run more than once;
// its result is taken once.
func CallActivity[Out any](ctx *Context, name string, input any, options ...ActivityOption) *Task[Out] {
	ctx.x.mustRun()
	var o activityOptions
	for _, option := range options {
		option(&o)
	}
	if o.retry != nil {
		return callWithRetry[Out](ctx, name, input, *o.retry)
	}
	return callOnce[Out](ctx.x, name, input)
}

func callOnce[Out any](x *Execution, name string, input any) *Task[Out] {
	data, err := x.encode(input)
	if err != nil {
		return failed[Out](x, inputError(name, err))
	}
	return schedule[Out](x, name, data)
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
	id := x.tasks.add(&pendingTask{wait: wait, end: func(result history.Event) {
		if result.Kind == history.TaskFailed {
			t.end(t.value, taskFailed(name, result))
			return
		}
		value, err := decode[Out](result.Data)
		if err != nil {
			err = fmt.Errorf("result of activity %q: %w", name, err)
		}
		t.end(value, err)
	}})
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
