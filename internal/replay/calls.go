package replay

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// NextTask returns the number that the next task will get.
func (e *Env) NextTask() int64 { return e.tasks.last + 1 }

// Schedule makes t one run of an activity. End is called with its result, a TaskCompleted or
// TaskFailed event, and ends t.
func (e *Env) Schedule(t *Task, name string, input []byte, call record.Call, end func(record.Event)) {
	wait := history.Wait{Kind: history.WaitActivity, Name: name, Since: e.now}
	id := e.tasks.add(&pendingTask{wait: wait, end: end})
	t.OnCancel(func() { e.tasks.remove(id) })
	e.decide(record.TaskScheduled(id, name, call, input))
}

// ChildID returns the instance id of the next child that is given none.
func (e *Env) ChildID() string {
	return record.ChildID(e.info.Instance, e.info.ID, e.NextTask())
}

// StartChild makes t one run of a sub-orchestration, under that instance id. End is called
// with its result, a TaskCompleted or TaskFailed event, and ends t.
func (e *Env) StartChild(t *Task, name, instance string, input []byte, end func(record.Event)) {
	wait := history.Wait{Kind: history.WaitChild, Name: name, Since: e.now}
	id := e.tasks.add(&pendingTask{wait: wait, end: end})
	t.OnCancel(func() {
		e.tasks.remove(id)
		e.decide(record.ChildTerminated(id, instance, []byte(canceledByParent)))
	})
	e.decide(record.ChildScheduled(id, name, instance, input))
}

// canceledByParent is the reason, as JSON, that a cancelled child is terminated for.
const canceledByParent = `"cancelled by its parent"`

// SendEvent raises an event on another instance.
func (e *Env) SendEvent(instance, name string, payload []byte) {
	e.decide(record.EventSent(e.tasks.next(), name, instance, payload))
}

// SetTimer makes t a durable timer.
func (e *Env) SetTimer(t *Task, at time.Time) { e.setTimer(t, at) }

func (e *Env) setTimer(t *Task, at time.Time) *pendingTask {
	at = storable(at)
	p := &pendingTask{
		wait: history.Wait{Kind: history.WaitTimer, Since: e.now, Deadline: at},
		end:  func(record.Event) { t.End(nil) },
	}
	id := e.tasks.add(p)
	t.OnCancel(func() {
		e.tasks.remove(id)
		e.decide(record.Event{Kind: history.TimerCancelled, Task: id})
	})
	e.decide(record.TimerCreated(id, at))
	return p
}

// storable returns the point in time as a history holds it, so that "never", written as a
// very long time, does not come out as the past.
func storable(at time.Time) time.Time {
	switch {
	case at.After(record.LatestTime):
		return record.LatestTime
	case at.Before(record.EarliestTime):
		return record.EarliestTime
	}
	return at.UTC().Round(0)
}

// WaitEvent makes t a wait for an external event. Take is called with the event, and ends t.
// If timeout is not nil and the event has not come when that time is over, the wait leaves
// the line, and expire is called and ends t. An abandoned wait, one that was cancelled or whose
// time is over, never eats an event: it leaves the line.
func (e *Env) WaitEvent(t *Task, name string, timeout *time.Duration, take func(record.Event), expire func()) {
	w := &waiter{name: name, since: e.now, take: take, isAwaited: t.isAwaited}
	t.OnCancel(func() { e.events.leave(w) })
	t.OnLook(func() { e.events.useUp(w) })
	e.events.wait(w)
	if timeout != nil && !t.done {
		e.limit(t, w, *timeout, expire)
	}
}

// limit ends the wait after a time, unless its event comes first and cancels the timer.
func (e *Env) limit(t *Task, w *waiter, after time.Duration, expire func()) {
	if after <= 0 {
		e.events.leave(w)
		expire()
		return
	}
	w.deadline = storable(e.now.Add(after))
	timer := NewTask(e)
	e.setTimer(&timer, w.deadline).hidden = true
	timer.Then(func() {
		if timer.err == nil && !t.done {
			e.events.leave(w)
			expire()
		}
	})
	t.Then(timer.cancelNow)
}
