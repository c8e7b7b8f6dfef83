package orchestration

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Execution is a live orchestrator: its code, run up to where it waits. It is a
// state machine that takes one input at a time and answers with the decisions
// its code made of it. It does no I/O, reads no clock, and given the same inputs
// makes the same decisions.
//
// It is not safe for concurrent use.
type Execution struct {
	info     replay.Execution
	registry *Registry
	code     *edition
	logger   *slog.Logger // nil until it is asked for

	// Set while an input is handled.
	now       time.Time
	replaying atomic.Bool
	decisions []record.Event

	// The code.
	current  *branch
	branches []*branch
	ready    []*branch
	ended    bool
	closed   atomic.Bool
	control  *control
	// owner is the goroutine of the branch that has control, 0 while none has.
	owner atomic.Uintptr

	// What it waits for, and what it has received.
	tasks     pending
	events    mailbox
	took      bool
	suspended bool
	held      []record.Event

	// What it says of itself.
	customStatus []byte
	next         *[]byte
	dropEvents   bool
	versions     map[string]int
	random       *rand.Rand
	guids        int
	// joined counts the tasks that have joined a scope.
	joined int64
}

func newExecution(info replay.Execution, code *edition, r *Registry) *Execution {
	return &Execution{
		info: info,
		// What the generation before has said stands until this one says something.
		customStatus: info.CustomStatus,
		registry:     r,
		code:         code,
		control:      newControl(r.StuckAfter),
		tasks:        pending{byID: map[int64]*pendingTask{}},
	}
}

// Handle hands the orchestrator one input and returns the decisions that its code
// made, in order. After the code has ended there are none.
//
// After an error the Execution is good for nothing but to be closed. A [*StuckError]
// says that the code did not give control back, a [*VersionError] that it does not
// support what the history holds, a [*ForeignGoroutineError] that its Context was used
// where it must not be.
func (x *Execution) Handle(input record.Event) ([]record.Event, error) {
	if err := x.control.failure(); err != nil {
		return nil, err
	}
	x.now = input.Time.UTC().Round(0)
	x.decisions, x.took = nil, false
	if err := x.take(input); err != nil {
		return nil, err
	}
	if err := x.control.failure(); err != nil {
		return nil, err
	}
	return x.decisions, nil
}

func (x *Execution) take(input record.Event) error {
	switch {
	case x.ended:
	case input.Kind == history.ExecutionSuspended:
		x.suspended = true
	case input.Kind == history.ExecutionResumed:
		return x.resume()
	case x.suspended:
		x.held = append(x.held, input)
	default:
		return x.accept(input)
	}
	return nil
}

func (x *Execution) resume() error {
	x.suspended = false
	held := x.held
	x.held = nil
	for _, input := range held {
		if err := x.accept(input); err != nil {
			return err
		}
	}
	x.took = false // it was told when they were handed over
	return nil
}

// accept changes what an input changes, then lets the code run on from there.
func (x *Execution) accept(input record.Event) error {
	switch input.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		if err := x.open(input); err != nil {
			return err
		}
	case history.EventRaised:
		x.took = x.events.deliver(input)
	case history.TaskCompleted, history.TaskFailed, history.TimerFired:
		x.tasks.end(input)
	}
	return x.runReady()
}

// open starts the code, in the version that the opening event says; a delayed start
// is the end of a timer.
func (x *Execution) open(opening record.Event) error {
	if opening.Task > record.NewestRule {
		return fmt.Errorf("history goes by rule %d for external events: %w", opening.Task, record.ErrNewerVersion)
	}
	code, err := x.registry.edition(x.info, []record.Event{opening})
	if err != nil {
		return err
	}
	x.code, x.events.rule = code, opening.Task
	if opening.Kind == history.ExecutionStarted {
		x.spawn(x.main)
		return nil
	}
	timer, _ := x.setTimer(opening.At)
	timer.c.then(func() { x.spawn(x.main) })
	return nil
}

// readsExactly reports whether JSON is read with exact numbers: histories that were begun
// before there were any are replayed as they ran.
func (x *Execution) readsExactly() bool { return x.events.rule >= record.AwaitedFirst }

// main is the body of the first branch: the orchestrator function itself.
func (x *Execution) main() {
	var output []byte
	err := protect(func() (err error) {
		output, err = x.code.function(&Context{x: x}, x.info.Input)
		return err
	})
	x.finish(output, err)
}

// finish records how the orchestrator ended. To write an error down is to call users'
// code, which may end this goroutine: what is known of the error counts then.
func (x *Execution) finish(output []byte, err error) {
	if x.isOff() || x.ended {
		return
	}
	failure := unwritten(err)
	defer func() { x.end(output, failure) }()
	failure = failureOf(err)
}

// end records how the orchestrator ended, failure being nil if it has not failed.
// Timers that are still set are taken back, so that none outlives it.
func (x *Execution) end(output []byte, failure *Failure) {
	if x.isOff() {
		return
	}
	x.ended = true
	x.events.close()
	x.cancelTimers()
	switch {
	case failure != nil:
		x.decide(record.Event{Kind: history.ExecutionFailed, Failure: failure})
	case x.next != nil:
		x.decide(record.Event{Kind: history.ContinuedAsNew, Data: *x.next})
	default:
		x.decide(record.Event{Kind: history.ExecutionCompleted, Data: output})
	}
}

func (x *Execution) cancelTimers() {
	x.tasks.each(func(t *pendingTask) bool {
		if t.wait.Kind == history.WaitTimer {
			x.decide(record.Event{Kind: history.TimerCancelled, Task: t.wait.Task})
		}
		return true
	})
}

func (x *Execution) decide(decision record.Event) {
	decision.Time = x.now
	x.decisions = append(x.decisions, decision)
}

// protect runs user code and turns a panic into an error. A goroutine that
// unwinds because the orchestrator is unloaded goes on unwinding, even if a
// deferred call panics.
func protect(code func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicError{value: cause, stack: string(debug.Stack())}
		}
	}()
	return code()
}

// mostWaits bounds how many waits a View lists.
const mostWaits = replay.MostWaits

// View returns what the orchestrator shows of itself between two inputs.
func (x *Execution) View() replay.View {
	if x.control.failure() != nil {
		return replay.View{}
	}
	v := replay.View{CustomStatus: x.customStatus}
	if x.ended {
		if !x.dropEvents {
			v.Unconsumed = x.events.unconsumed()
		}
		return v
	}
	v.Waits = x.events.waits(mostWaits)
	x.tasks.each(func(t *pendingTask) bool {
		if len(v.Waits) == mostWaits {
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

// Took reports whether a wait has taken the external event that was handed over
// last; if not, it is kept.
func (x *Execution) Took() bool { return x.took }

// Awaits reports whether an activity, child or timer has neither ended nor been
// cancelled.
func (x *Execution) Awaits(task int64) bool {
	_, open := x.tasks.byID[task]
	return open
}
