package replay

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Orchestrator is a live orchestrator: its code, run up to where it waits. It is a state
// machine that takes one input at a time and answers with the decisions that its code made.
// It does no I/O, reads no clock, and makes the same decisions of the same inputs.
//
// It is not safe for concurrent use.
type Orchestrator struct {
	env  Env
	code *Code
	run  *orchestratorVersion

	// suspended is set between ExecutionSuspended and ExecutionResumed. The inputs that come
	// in meanwhile are held.
	suspended      bool
	whileSuspended []record.Event
	// took is set when a wait took the external event that came in last.
	took bool
}

func newOrchestrator(info Execution, run *orchestratorVersion, code *Code) *Orchestrator {
	o := &Orchestrator{code: code, run: run}
	e := &o.env
	e.orchestrator, e.control = o, newControl(code.StuckAfter)
	e.info = info
	// The status that the generation before has set stands until this one sets another.
	e.customStatus = info.CustomStatus
	e.tasks.byID = map[int64]*pendingTask{}
	return o
}

// Handle hands the orchestrator one input and returns the decisions that its code made, in
// order. After the code has ended there are none.
//
// After an error the Orchestrator is good for nothing but to be closed. A [*StuckError]
// says that the code did not give control back, a [*VersionError] that it does not support a
// version in the history, a [*ForeignGoroutineError] that its Context was used where it must
// not be.
func (o *Orchestrator) Handle(input record.Event) ([]record.Event, error) {
	if err := o.env.control.failure(); err != nil {
		return nil, err
	}
	o.env.now = input.Time.UTC().Round(0)
	o.env.decisions, o.took = nil, false
	if err := o.receive(input); err != nil {
		return nil, err
	}
	if err := o.env.control.failure(); err != nil {
		return nil, err
	}
	return o.env.decisions, nil
}

// receive applies an input, or holds it while the instance is suspended.
func (o *Orchestrator) receive(input record.Event) error {
	switch {
	case o.env.ended:
	case input.Kind == history.ExecutionSuspended:
		o.suspended = true
	case input.Kind == history.ExecutionResumed:
		return o.resume()
	case o.suspended:
		o.whileSuspended = append(o.whileSuspended, input)
	default:
		return o.apply(input)
	}
	return nil
}

func (o *Orchestrator) resume() error {
	o.suspended = false
	held := o.whileSuspended
	o.whileSuspended = nil
	for _, input := range held {
		if err := o.apply(input); err != nil {
			return err
		}
	}
	o.took = false // the dispatcher was told when the events came in
	return nil
}

// apply changes the state as the input says, then lets the code run on from there.
func (o *Orchestrator) apply(input record.Event) error {
	switch input.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		if err := o.start(input); err != nil {
			return err
		}
	case history.EventRaised:
		o.took = o.env.events.deliver(input)
	case history.TaskCompleted, history.TaskFailed, history.TimerFired:
		o.env.tasks.end(input)
	}
	return o.env.runReady()
}

// start starts the code, in the version that the opening event says. A delayed start waits
// for a timer.
func (o *Orchestrator) start(opening record.Event) error {
	if opening.Rule() > record.NewestRule {
		return fmt.Errorf("history goes by rule %d for external events: %w", opening.Rule(), record.ErrNewerVersion)
	}
	run, err := o.code.version(o.env.info, []record.Event{opening})
	if err != nil {
		return err
	}
	o.run, o.env.events.rule = run, opening.Rule()
	if opening.Kind == history.ExecutionStarted {
		o.env.spawn(o.main)
		return nil
	}
	timer := NewTask(&o.env)
	o.env.SetTimer(&timer, opening.Due())
	timer.Then(func() { o.env.spawn(o.main) })
	return nil
}

// main is the body of the first branch: the orchestrator function itself.
func (o *Orchestrator) main() {
	var output []byte
	err := Protect(func() (err error) {
		output, err = o.run.run(&o.env, o.env.info.Input)
		return err
	})
	o.finish(output, err)
}

// name returns the name that the orchestrator's code is registered by.
func (o *Orchestrator) name() string { return o.env.info.Name }

// fail ends the orchestrator with an error of its code.
func (o *Orchestrator) fail(err error) { o.finish(nil, err) }

// finish records how the orchestrator ended. To write an error down is to call users' code,
// which may end this goroutine: then the failure says no more than the error's type.
func (o *Orchestrator) finish(output []byte, err error) {
	if o.env.IsOff() || o.env.ended {
		return
	}
	failure := unwritten(err)
	defer func() { o.end(output, failure) }()
	failure = failureOf(err)
}

// end records how the orchestrator ended; failure is nil if it has not failed. Timers that
// are still set are cancelled, so that none outlives it.
func (o *Orchestrator) end(output []byte, failure *history.Failure) {
	e := &o.env
	if e.IsOff() {
		return
	}
	e.ended = true
	e.events.close()
	e.cancelTimers()
	switch {
	case failure != nil:
		e.decide(record.Event{Kind: history.ExecutionFailed, Failure: failure})
	case e.next != nil:
		e.decide(record.Event{Kind: history.ContinuedAsNew, Data: *e.next})
	default:
		e.decide(record.Event{Kind: history.ExecutionCompleted, Data: output})
	}
}

// View returns the part of the orchestrator's state that the instance shows between two
// inputs.
func (o *Orchestrator) View() View {
	if o.env.control.failure() != nil {
		return View{}
	}
	e := &o.env
	v := View{CustomStatus: e.customStatus}
	if e.ended {
		if !e.dropEvents {
			v.Unconsumed = e.events.unconsumed()
		}
		return v
	}
	v.Waits = e.events.waits(MostWaits)
	e.tasks.each(func(t *pendingTask) bool {
		if len(v.Waits) == MostWaits {
			return false
		}
		if !t.hidden {
			v.Waits = append(v.Waits, t.wait)
		}
		return true
	})
	slices.SortStableFunc(v.Waits, func(a, b history.Wait) int { return a.Since.Compare(b.Since) })
	return v
}

// Took reports whether a wait has taken the external event that was handed over last; if
// not, it is kept.
func (o *Orchestrator) Took() bool { return o.took }

// Awaits reports whether an activity, child or timer has neither ended nor been cancelled.
func (o *Orchestrator) Awaits(task int64) bool {
	_, open := o.env.tasks.byID[task]
	return open
}

// Close unloads the orchestrator: every waiting branch unwinds and its goroutine ends. The
// Orchestrator must not be used afterwards. If its code has not given control back, it
// unwinds when it does.
func (o *Orchestrator) Close() {
	if o.env.control.whyAbandoned() == nil {
		o.env.unwind()
	}
}

// Protect runs users' code and turns a panic into an error. A goroutine that unwinds because
// the orchestrator is unloaded goes on unwinding, even if a deferred call panics.
func Protect(code func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicError{value: cause, stack: string(debug.Stack())}
		}
	}()
	return code()
}
