package orchestration

import (
	"errors"
	"slices"
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
	x := ctx.x
	if err := ctx.ready(); err != nil {
		return failed[Awaitable](x, err)
	}
	if len(tasks) == 0 {
		return failed[Awaitable](x, errors.New("WhenAny of no tasks would wait for ever"))
	}
	any := newTask[Awaitable](x)
	any.c.look = func() {
		if any.value != nil {
			any.value.core().seen()
		}
	}
	for _, task := range tasks {
		task.core().x.mustOwn() // another instance's task can end at any time
		task.core().then(func() { any.end(task, nil) })
		task.core().joins(&any.c)
	}
	return inScope(ctx, any)
}

// WhenAll returns a task that ends when all of the tasks have ended. Its error
// joins those of the tasks that failed, in the order given; nil if none did. Of
// no tasks it ends at once.
func WhenAll(ctx *Context, tasks ...Awaitable) *Task[None] {
	x := ctx.x
	if err := ctx.ready(); err != nil {
		return failed[None](x, err)
	}
	all := newTask[None](x)
	tasks = slices.Clone(tasks) // the caller may use the slice again
	open := len(tasks)
	all.c.look = func() {
		for _, task := range tasks {
			if open == 0 {
				task.core().seen()
			}
		}
	}
	if open == 0 {
		all.end(None{}, nil)
	}
	for _, task := range tasks {
		task.core().x.mustOwn()
		task.core().then(func() {
			if open--; open == 0 {
				all.endLater(func() { all.c.err = joinErrors(tasks) })
			}
		})
		task.core().joins(&all.c)
	}
	return inScope(ctx, all)
}

func joinErrors(tasks []Awaitable) error {
	var errs []error
	for _, task := range tasks {
		c := task.core()
		c.readNow()
		errs = append(errs, c.err)
	}
	return errors.Join(errs...)
}

// Go runs fn as a branch of the orchestrator, side by side with the code that
// called it, and returns its result as a task. Branches take turns where they
// wait, in an order that is the same on every replay; no two run at the same
// time, so they may share variables. The branch's Context has the scope of ctx, see
// [WithCancel]; to cancel that ends what the branch waits for, and the task ends when
// the branch does. A branch that is still waiting when the orchestrator returns is
// abandoned.
func Go[T any](ctx *Context, fn func(*Context) (T, error)) *Task[T] {
	x := ctx.x
	if err := ctx.ready(); err != nil {
		return failed[T](x, err)
	}
	t := newTask[T](x)
	x.spawn(func() {
		var value T
		err := protect(func() (err error) {
			value, err = fn(ctx)
			return err
		})
		if !x.isOff() {
			t.end(value, err)
		}
	})
	return t
}
