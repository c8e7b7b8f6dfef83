package orchestration

import (
	"errors"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/replay"
)

// WhenAny returns a task that ends as soon as one of the tasks has ended; its
// result is that task, which never fails to be one of those given. If several
// have ended already it is the first of them in the order given. The others go
// on: see [Task.Cancel].
//
// A switch on the winner reads well:
//
//	switch winner, _ := orchestration.WhenAny(ctx, approval, deadline).Await(); winner {
//	case approval: …
//	case deadline: …
//	}
func WhenAny(ctx *Context, tasks ...Awaitable) *Task[Awaitable] {
	if err := ctx.ready(); err != nil {
		return failed[Awaitable](ctx, err)
	}
	if len(tasks) == 0 {
		return failed[Awaitable](ctx, errors.New("WhenAny of no tasks would wait for ever"))
	}
	any := newTask[Awaitable](ctx.env)
	any.core.OnLook(func() {
		if any.value != nil {
			any.value.inner().Look()
		}
	})
	for _, task := range tasks {
		task.inner().Env().MustOwn() // another instance's task can end at any time
		task.inner().Then(func() { any.end(task, nil) })
		task.inner().Join(&any.core)
	}
	return inScope(ctx, any)
}

// WhenAll returns a task that ends when all of the tasks have ended. Its error
// joins those of the tasks that failed, in the order given; nil if none did. Of
// no tasks it ends at once.
func WhenAll(ctx *Context, tasks ...Awaitable) *Task[None] {
	if err := ctx.ready(); err != nil {
		return failed[None](ctx, err)
	}
	all := newTask[None](ctx.env)
	tasks = slices.Clone(tasks) // the caller may use the slice again
	open := len(tasks)
	all.core.OnLook(func() {
		for _, task := range tasks {
			if open == 0 {
				task.inner().Look()
			}
		}
	})
	if open == 0 {
		all.end(None{}, nil)
	}
	for _, task := range tasks {
		task.inner().Env().MustOwn()
		task.inner().Then(func() {
			if open--; open == 0 {
				all.core.EndLater(func() error { return joinErrors(tasks) })
			}
		})
		task.inner().Join(&all.core)
	}
	return inScope(ctx, all)
}

func joinErrors(tasks []Awaitable) error {
	var errs []error
	for _, task := range tasks {
		errs = append(errs, task.inner().Read())
	}
	return errors.Join(errs...)
}

// Go runs fn as a branch of the orchestrator, side by side with the code that
// called it, and returns its result as a task. Branches take turns where they
// wait, in an order that is the same on every replay; no two run at the same
// time, so they may share variables. The branch's Context has the scope of ctx, see
// [WithCancel]; to cancel the scope ends the branch's waits, and the task ends when the
// branch does. A branch that is still waiting when the orchestrator returns is
// abandoned.
func Go[T any](ctx *Context, fn func(*Context) (T, error)) *Task[T] {
	if err := ctx.ready(); err != nil {
		return failed[T](ctx, err)
	}
	t := newTask[T](ctx.env)
	ctx.env.Go(func() {
		var value T
		err := replay.Protect(func() (err error) {
			value, err = fn(ctx)
			return err
		})
		if !ctx.env.IsOff() {
			t.end(value, err)
		}
	})
	return t
}
