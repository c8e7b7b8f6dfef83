package replay

import "slices"

// Task is the part of a task of the code that does not depend on the type of its result. It
// ends once.
type Task struct {
	env     *Env
	done    bool
	err     error
	waiting []*branch
	// within are the combined tasks, made by WhenAny and WhenAll, that this one is part of.
	within []*Task
	ended  []func()
	cancel func()
	// read works out how an ended task has ended, nil once that is done.
	read func() error
	// look is called when the code first learns of the task's end.
	look func()
}

// NewTask returns a task that has not ended.
func NewTask(e *Env) Task { return Task{env: e} }

// OnCancel sets the function that is called when the task is cancelled before it has ended.
func (t *Task) OnCancel(f func()) { t.cancel = f }

// OnLook sets the function that is called when the code first learns of the task's end.
func (t *Task) OnLook(f func()) { t.look = f }

// Env returns the environment of the orchestrator that the task belongs to.
func (t *Task) Env() *Env { return t.env }

// Await returns when the task has ended, with its error. Until then the calling branch waits.
func (t *Task) Await() error {
	t.env.MustRun()
	for !t.done {
		t.waiting = append(t.waiting, t.env.current)
		t.env.park()
	}
	t.Look()
	return t.err
}

// Done reports whether the task has ended. If it has, the code now knows.
func (t *Task) Done() bool {
	t.env.MustOwn()
	t.Look()
	return t.done
}

// Err returns the error that the task ended with, nil if it has not ended. If it has, the
// code now knows.
func (t *Task) Err() error {
	t.env.MustOwn()
	t.Look()
	return t.err
}

// Cancel ends the task with [ErrCanceled] if it has not ended.
func (t *Task) Cancel() {
	t.env.MustRun()
	t.cancelNow()
}

func (t *Task) cancelNow() {
	if t.done {
		return
	}
	if t.cancel != nil {
		t.cancel()
	}
	t.End(ErrCanceled)
}

// Ended reports whether the task has ended, and with which error. It is for package
// orchestration, not for the code: nothing is read, and the code does not learn of it.
func (t *Task) Ended() (bool, error) { return t.done, t.err }

// End ends the task, unless it has ended: the branches that wait for it become ready, and
// the functions of [Task.Then] are called.
func (t *Task) End(err error) {
	if t.done {
		return
	}
	t.err = err
	t.finish()
}

// EndLater ends the task, unless it has ended. Read works out with which error, when the code
// first asks for the result, on the goroutine that asks: it calls users' code, which may do
// anything.
func (t *Task) EndLater(read func() error) {
	if t.done {
		return
	}
	t.read = read
	t.finish()
}

// ClearErr takes the error of an ended task back: a default stands in for its result.
func (t *Task) ClearErr() { t.err = nil }

func (t *Task) finish() {
	t.done, t.within = true, nil
	t.env.ready = append(t.env.ready, t.waiting...)
	t.waiting = nil
	ended := t.ended
	t.ended = nil
	for _, f := range ended {
		f()
	}
}

// Then calls f when the task has ended: now, if it has.
func (t *Task) Then(f func()) {
	if t.done {
		f()
		return
	}
	t.ended = append(t.ended, f)
}

// Look notes that the code knows how the task ended, if it has.
func (t *Task) Look() {
	if !t.done {
		return
	}
	_ = t.Read()
	if t.look == nil {
		return
	}
	look := t.look
	t.look = nil
	look()
}

// Read works out how an ended task has ended, and returns its error.
func (t *Task) Read() error {
	if read := t.read; read != nil {
		t.read = nil
		t.err = read()
	}
	return t.err
}

// Join makes the task part of a combined one. The caller makes sure that both are tasks of
// one instance.
func (t *Task) Join(combined *Task) {
	if t.done || combined.done {
		return
	}
	t.within = slices.DeleteFunc(t.within, func(other *Task) bool { return other.done })
	t.within = append(t.within, combined)
}

// isAwaited reports whether a branch is waiting on the task now, directly or in WhenAny or
// WhenAll. Seen are the combined tasks that were looked at before; tasks can be combined in
// so many ways that looking twice would never end.
func (t *Task) isAwaited(seen map[*Task]bool) bool {
	if len(t.waiting) > 0 {
		return true
	}
	for _, combined := range t.within {
		if combined.done || seen[combined] {
			continue
		}
		seen[combined] = true
		if combined.isAwaited(seen) {
			return true
		}
	}
	return false
}
