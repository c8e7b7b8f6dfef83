package orchestration

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/payload"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

const subOrchestration = "sub-orchestration"

type childOptions struct {
	retry *RetryPolicy
	id    *string
}

// WithInstanceID gives the sub-orchestration an instance id of its own: 1 to 256
// characters, see the hub's rules. Under a retry policy every attempt has that id.
// If an instance of that id is live the call fails with type InstanceExists; one
// that has ended is replaced.
func WithInstanceID(id string) SubOrchestrationOption {
	return childOption(func(o *childOptions) { o.id = &id })
}

// CallSubOrchestration asks for the orchestrator of that name to be run with input,
// as an instance of its own, and returns its result as a task. The task fails with
// a [*TaskFailedError] if the sub-orchestration fails, is terminated or cannot be
// started. It is for orchestrators whose code is elsewhere; [OrchestratorHandle.Call] checks
// the types of those that are here.
//
// Once the orchestrator waits, the call is durable: the sub-orchestration is started
// exactly once and its result comes exactly once, whatever is killed meanwhile. It
// has the id of [WithInstanceID], or one that follows from its parent's; anybody may
// raise events on it, look at it or terminate it by that id. With [WithRetry] each
// attempt is a new start, with a new id where none was given.
//
// [Task.Cancel] terminates the sub-orchestration, and so does terminating its
// parent. One that is still running when its parent comes to its end, or continues
// as new, goes on alone.
func CallSubOrchestration[Out any](ctx *Context, name string, input any, options ...SubOrchestrationOption) *Task[Out] {
	if err := ctx.ready(); err != nil {
		return failed[Out](ctx, err)
	}
	var o childOptions
	for _, option := range options {
		option.toChild(&o)
	}
	data, err := o.check(ctx, name, input)
	if err != nil {
		return failed[Out](ctx, err)
	}
	if o.retry == nil {
		return inScope(ctx, startChild[Out](ctx, name, data, o.id))
	}
	return callWithRetry(ctx, *o.retry, func(int) *Task[Out] { return startChild[Out](ctx, name, data, o.id) })
}

// check returns the input as JSON, or an error if the call is not a legal one.
func (o *childOptions) check(ctx *Context, name string, input any) ([]byte, error) {
	if err := ident.CheckName("orchestrator name", name); err != nil {
		return nil, err
	}
	if o.retry != nil {
		if err := o.retry.check(); err != nil {
			return nil, fmt.Errorf("sub-orchestration %q: %w", name, err)
		}
	}
	data, err := encode(ctx, input)
	if err != nil {
		return nil, fmt.Errorf("input of sub-orchestration %q: %w", name, err)
	}
	return data, nil
}

// startChild asks for one run of a sub-orchestration; without an id it gets one of
// its own.
func startChild[Out any](ctx *Context, name string, input []byte, id *string) *Task[Out] {
	instance := ctx.env.ChildID()
	if id != nil {
		instance = *id
	}
	if err := ident.CheckAddress(instance); err != nil {
		return failed[Out](ctx, fmt.Errorf("sub-orchestration %q: %w", name, err))
	}
	t := newTask[Out](ctx.env)
	ctx.env.StartChild(&t.core, name, instance, input, t.endsWithResultOf(subOrchestration, name))
	return t
}

// endsWithResultOf returns the function that ends t with the result of a call.
func (t *Task[T]) endsWithResultOf(kind, name string) func(record.Event) {
	return func(result record.Event) {
		if result.Kind == history.TaskFailed {
			t.end(t.value, taskFailed(kind, name, result))
			return
		}
		data := result.Data
		t.core.EndLater(func() (err error) {
			if t.value, err = payload.Decode[T](data, t.core.Env().ReadsExactly()); err != nil {
				return fmt.Errorf("result of %s %q: %w", kind, name, err)
			}
			return nil
		})
	}
}
