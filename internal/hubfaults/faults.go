package hubfaults

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// How injected faults look to the worker.
var (
	// ErrKilled: the worker is dead; no call of the worker reaches the hub.
	ErrKilled = errors.New("worker was killed")
	// ErrInjected: this call failed, the next may succeed.
	ErrInjected = errors.New("injected fault")
)

// Fault is one thing to go wrong.
type Fault struct {
	call        int
	after, kill bool
}

// KillBefore kills the worker instead of the n-th call, counted from 1.
func KillBefore(n int) Fault { return Fault{call: n, kill: true} }

// KillAfter kills the worker once the n-th call has taken effect, before the worker learns so.
func KillAfter(n int) Fault { return Fault{call: n, kill: true, after: true} }

// FailBefore fails the n-th call without effect.
func FailBefore(n int) Fault { return Fault{call: n} }

// FailAfter fails the n-th call after it took effect: the worker does not learn the outcome.
func FailAfter(n int) Fault { return Fault{call: n, after: true} }

// String describes the fault, as the name of a subtest.
func (f Fault) String() string {
	what, when := "fail", "before"
	if f.kill {
		what = "kill"
	}
	if f.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s call %d", what, when, f.call)
}

// faults counts the storage calls of one worker, lets them go wrong and knows whether the worker
// is alive. All parts of a [Hub] share one.
type faults struct {
	// killed is closed when the worker is killed.
	killed chan struct{}
	// owned are the goroutines of sessions and watches.
	owned sync.WaitGroup

	// mu guards everything below.
	mu sync.Mutex
	// planned are the faults to come, by the number of the call.
	planned map[int]Fault
	calls   []string
	dead    bool
}

func newFaults(planned []Fault) *faults {
	f := &faults{killed: make(chan struct{}), planned: map[int]Fault{}}
	for _, fault := range planned {
		f.planned[fault.call] = fault
	}
	return f
}

// Calls returns the names of the storage calls made so far, in order.
func (f *faults) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Kill kills the worker now.
func (f *faults) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.die()
}

// Killed returns a channel that is closed when the worker has been killed.
func (f *faults) Killed() <-chan struct{} { return f.killed }

// Wait returns when all sessions have ended, and the contexts of all watches. Call Wait when the
// worker is done with the hub.
func (f *faults) Wait() { f.owned.Wait() }

func (f *faults) die() {
	if !f.dead {
		f.dead = true
		close(f.killed)
	}
}

// alive returns [ErrKilled] once the worker is dead.
func (f *faults) alive() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return ErrKilled
	}
	return nil
}

// begin counts a call. It returns the fault that is to strike after the call, and an error if the
// call must not be made.
func (f *faults) begin(name string) (Fault, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return Fault{}, ErrKilled
	}
	f.calls = append(f.calls, name)
	fault, ok := f.planned[len(f.calls)]
	if !ok || fault.after {
		return fault, nil
	}
	return Fault{}, f.strike(fault, name)
}

// finish returns the error that the worker gets from a call that was made, nil if the worker gets
// the outcome of the call.
func (f *faults) finish(fault Fault, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return ErrKilled
	}
	if fault.after {
		return f.strike(fault, name)
	}
	return nil
}

// strike lets the fault happen and returns the error that the worker gets.
func (f *faults) strike(fault Fault, name string) error {
	if fault.kill {
		f.die()
		return ErrKilled
	}
	return fmt.Errorf("%s: %s: %w", name, fault, ErrInjected)
}

// counted makes a storage call.
func counted[T any](f *faults, name string, call func() (T, error)) (T, error) {
	var none T
	fault, err := f.begin(name)
	if err != nil {
		return none, err
	}
	got, err := call()
	if err := f.finish(fault, name); err != nil {
		return none, err
	}
	return got, err
}

// countedError is counted for a call that returns only an error.
func countedError(f *faults, name string, call func() error) error {
	_, err := counted(f, name, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// uncounted makes a call that is no storage call. It fails once the worker is dead.
func uncounted[T any](f *faults, call func() (T, error)) (T, error) {
	var none T
	if err := f.alive(); err != nil {
		return none, err
	}
	got, err := call()
	if err := f.alive(); err != nil {
		return none, err
	}
	return got, err
}

// uncountedError is uncounted for a call that returns only an error.
func uncountedError(f *faults, call func() error) error {
	_, err := uncounted(f, func() (struct{}, error) { return struct{}{}, call() })
	return err
}
