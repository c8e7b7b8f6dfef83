package replay

import (
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Env is the environment of an orchestrator's code: the code learns everything from it, and
// makes its decisions by it. orchestration.Context is its face for users.
//
// The methods are for the goroutines that the orchestrator owns. Where a method does not check
// that, package orchestration does: a call on another goroutine ends that one and breaks the
// orchestrator off, see [ForeignGoroutineError]. A call
// that makes a decision also ends its goroutine when the orchestrator is being unloaded.
type Env struct {
	branches

	info   Execution
	logger *slog.Logger // nil until the code asks for it

	// now is when the input that is being handled was taken in, and decisions are those that
	// the code has made of it.
	now       time.Time
	replaying atomic.Bool
	decisions []record.Event

	// tasks are the activities, children and timers that have not ended; events holds the
	// waits for external events, and the events without waits.
	tasks  pending
	events mailbox

	// next is the input of the next generation, nil unless the code has asked for one.
	customStatus []byte
	next         *[]byte
	dropEvents   bool
	versions     map[string]int
	random       *rand.Rand
	guids        int
	// joined counts the tasks that have joined a scope.
	joined int64
}

// Info returns the identity and the input of the execution. It may be called on any
// goroutine.
func (e *Env) Info() *Execution { return &e.info }

// Version returns the version of the code that is run, empty if it has none. It may be called
// on any goroutine.
func (e *Env) Version() string { return e.orchestrator.run.version }

// Now returns when the input that is being handled was taken in.
func (e *Env) Now() time.Time {
	e.MustOwn()
	return e.now
}

// IsReplaying reports whether the code is run again over its history.
func (e *Env) IsReplaying() bool {
	e.MustOwn()
	return e.replaying.Load()
}

// Logger returns a logger that is silent while replaying. The logger itself may be used on
// any goroutine.
func (e *Env) Logger() *slog.Logger {
	e.MustOwn()
	if e.logger == nil {
		e.logger = replaySafe(e.orchestrator.code.Logger, e)
	}
	return e.logger
}

// ReadsExactly reports whether JSON is read with exact numbers. Histories that were begun
// before there were any are replayed as they ran.
func (e *Env) ReadsExactly() bool { return e.events.rule >= record.AwaitedFirst }

// SetCustomStatus sets the status, as JSON, that the instance shows.
func (e *Env) SetCustomStatus(status []byte) { e.customStatus = status }

// ContinueAsNew makes the instance start over with input when the code returns without an
// error. DropEvents drops the external events that would go along.
func (e *Env) ContinueAsNew(input []byte, dropEvents bool) {
	e.next, e.dropEvents = &input, dropEvents
}

// Go runs body on a goroutine of the orchestrator's own, when its turn comes.
func (e *Env) Go(body func()) { e.spawn(body) }

func (e *Env) decide(decision record.Event) {
	decision.Time = e.now
	e.decisions = append(e.decisions, decision)
}

func (e *Env) cancelTimers() {
	e.tasks.each(func(t *pendingTask) bool {
		if t.wait.Kind == history.WaitTimer {
			e.decide(record.Event{Kind: history.TimerCancelled, Task: t.wait.Task})
		}
		return true
	})
}
