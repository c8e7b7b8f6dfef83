package orchestration

import "github.com/dormouse-dev/dormouse/internal/replay"

// None is the result of tasks that have none, and the type to wait for an event
// whose payload does not matter.
type None = struct{}

// Awaitable is any [Task], whatever the type of its result. [WhenAny] and [WhenAll] take
// Awaitables.
type Awaitable interface {
	// Done reports whether the task has ended, so that Await returns at once.
	Done() bool
	// Err returns the error of an ended task, nil of one that has not ended.
	Err() error
	inner() *replay.Task
}

// Task is an operation that an orchestrator has begun and can wait for: an activity, a
// sub-orchestration, a timer, a wait for an event, a branch, or several tasks combined.
//
// A task ends once: with a value or with an error. Until then it goes on: a wait that lost a
// [WhenAny] is still in line for its event unless it is cancelled.
type Task[T any] struct {
	core  replay.Task
	value T
	// onTimeout replaces ErrTimeout where the orchestrator gave a default.
	onTimeout *T
}

func newTask[T any](e *replay.Env) *Task[T] {
	return &Task[T]{core: replay.NewTask(e)}
}

// failed returns a task that has ended with err before it began.
func failed[T any](ctx *Context, err error) *Task[T] {
	t := newTask[T](ctx.env)
	t.core.End(err)
	return t
}

// Await returns the task's result; until there is one, the branch that calls it
// waits, and when all branches of an orchestrator wait it may be unloaded.
func (t *Task[T]) Await() (T, error) {
	err := t.core.Await()
	return t.value, err
}

// Done reports whether the task has ended.
func (t *Task[T]) Done() bool { return t.core.Done() }

// Err returns the error that the task ended with, nil while it has not ended.
func (t *Task[T]) Err() error { return t.core.Err() }

// Cancel ends the task with [ErrCanceled] if it has not ended yet. A cancelled
// wait is no longer in line for its event, a cancelled timer never fires, a
// sub-orchestration is terminated. An activity is not stopped: its result is
// ignored. No retry policy runs either of them again. A branch made by [Go] is not
// stopped; see [WithCancel] for how to end its waits.
func (t *Task[T]) Cancel() { t.core.Cancel() }

// OnTimeout makes the task end with value where it would end with [ErrTimeout],
// and returns the task.
func (t *Task[T]) OnTimeout(value T) *Task[T] {
	t.core.Env().MustOwn()
	t.onTimeout = &value
	if ended, err := t.core.Ended(); ended && isTimeout(err) {
		t.value = value
		t.core.ClearErr()
	}
	return t
}

func (t *Task[T]) inner() *replay.Task { return &t.core }

// end gives the task its result.
func (t *Task[T]) end(value T, err error) {
	if ended, _ := t.core.Ended(); ended {
		return
	}
	if t.onTimeout != nil && isTimeout(err) {
		value, err = *t.onTimeout, nil
	}
	t.value = value
	t.core.End(err)
}
