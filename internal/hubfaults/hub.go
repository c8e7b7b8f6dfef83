package hubfaults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
)

// How injected faults look to the worker.
var (
	// ErrKilled: the worker is dead; nothing it does reaches the hub.
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

// KillAfter kills the worker once the n-th call has taken effect, before it
// learns so.
func KillAfter(n int) Fault { return Fault{call: n, kill: true, after: true} }

// FailBefore fails the n-th call without effect.
func FailBefore(n int) Fault { return Fault{call: n} }

// FailAfter fails the n-th call after it took effect: its outcome is unknown to
// the worker.
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

var _ dispatcher.Hub = (*Hub)(nil)

// Hub is a hub as one worker sees it. It counts the worker's storage calls
// (Load, LoadLatest, Commit, WriteSegment, ReadSegments, DropSegments, Send, Post,
// and Ack, Reject and Release of deliveries) and lets things go wrong at
// some of them. A lost Ack or Reject shows in nothing but that the message comes
// again.
//
// Once the worker is killed, every call returns [ErrKilled], calls that were under way are
// not told their outcome, acknowledgements vanish and its sessions end.
type Hub struct {
	hub    dispatcher.Hub
	killed chan struct{}
	// owned are the goroutines of sessions and watches.
	owned sync.WaitGroup

	mu     sync.Mutex
	faults map[int]Fault
	calls  []string
	dead   bool
}

// New returns hub with the faults to come. Of two for the same call the
// later one counts.
func New(hub dispatcher.Hub, faults ...Fault) *Hub {
	f := &Hub{hub: hub, killed: make(chan struct{}), faults: map[int]Fault{}}
	for _, fault := range faults {
		f.faults[fault.call] = fault
	}
	return f
}

// Calls returns the names of the storage calls made so far, in order.
func (f *Hub) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

// Kill kills the worker now.
func (f *Hub) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.die()
}

// Killed is closed when the worker has been killed.
func (f *Hub) Killed() <-chan struct{} { return f.killed }

// Wait returns when all sessions have ended, and the contexts of all watches. Call
// it when the worker is done with the hub.
func (f *Hub) Wait() { f.owned.Wait() }

func (f *Hub) die() {
	if !f.dead {
		f.dead = true
		close(f.killed)
	}
}

// alive returns ErrKilled once the worker is dead.
func (f *Hub) alive() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return ErrKilled
	}
	return nil
}

// begin counts a call. It returns the fault that is to strike after the call, and an
// error if the call must not be made.
func (f *Hub) begin(name string) (Fault, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return Fault{}, ErrKilled
	}
	f.calls = append(f.calls, name)
	fault, ok := f.faults[len(f.calls)]
	if !ok || fault.after {
		return fault, nil
	}
	return Fault{}, f.strike(fault, name)
}

// finish returns the error that the worker gets of a call that was made.
func (f *Hub) finish(fault Fault, name string) error {
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

func (f *Hub) strike(fault Fault, name string) error {
	if fault.kill {
		f.die()
		return ErrKilled
	}
	return fmt.Errorf("%s: %s: %w", name, fault, ErrInjected)
}

// counted makes a storage call.
func counted[T any](f *Hub, name string, call func() (T, error)) (T, error) {
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
func countedError(f *Hub, name string, call func() error) error {
	_, err := counted(f, name, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// uncounted makes a call that is no storage call.
func uncounted[T any](f *Hub, call func() (T, error)) (T, error) {
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

// loaded is the result of a load, without its error.
type loaded struct {
	value    *record.InstanceRecord
	revision uint64
}

func (f *Hub) load(ctx context.Context, name, instance string,
	load func(context.Context, string) (*record.InstanceRecord, uint64, error),
) (*record.InstanceRecord, uint64, error) {
	got, err := counted(f, name, func() (loaded, error) {
		v, revision, err := load(ctx, instance)
		return loaded{v, revision}, err
	})
	return got.value, got.revision, err
}

// KeepAliveInterval is the hub's.
func (f *Hub) KeepAliveInterval() time.Duration { return f.hub.KeepAliveInterval() }

// Now is the hub's.
func (f *Hub) Now(ctx context.Context) time.Time { return f.hub.Now(ctx) }

// Reach is the hub's.
func (f *Hub) Reach() <-chan struct{} { return f.hub.Reach() }

// Check is the hub's, until the worker is killed.
func (f *Hub) Check(ctx context.Context) error {
	_, err := uncounted(f, func() (struct{}, error) { return struct{}{}, f.hub.Check(ctx) })
	return err
}

// LeaseTTL is the hub's.
func (f *Hub) LeaseTTL() time.Duration { return f.hub.LeaseTTL() }

// Partitions is the hub's.
func (f *Hub) Partitions() int { return f.hub.Partitions() }

// MaxValue is the hub's.
func (f *Hub) MaxValue() int { return f.hub.MaxValue() }

// MaxPayload is the hub's.
func (f *Hub) MaxPayload() int { return f.hub.MaxPayload() }
