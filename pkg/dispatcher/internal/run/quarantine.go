package run

import (
	"errors"
	"maps"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// stuckError is the error of code that does not come back: it may do so later.
type stuckError interface {
	error
	Returned() bool
}

// quarantine keeps code that did not come back from being run again before it
// has: each try would leave another of its kind behind.
type quarantine struct {
	turn.Executor

	mu    sync.Mutex
	stuck map[string]stuckError
}

func newQuarantine(e turn.Executor) *quarantine {
	return &quarantine{Executor: e, stuck: map[string]stuckError{}}
}

// Begin refuses instances whose code is still out.
func (q *quarantine) Begin(info replay.Execution, events []record.Event) (turn.Orchestrator, error) {
	// Another execution of the instance may have other code.
	run := info.Instance + "/" + info.ID
	if err := q.stillRunning(run); err != nil {
		return nil, err
	}
	o, err := q.Executor.Begin(info, events)
	if err != nil {
		return nil, q.note(run, err)
	}
	return &watched{Orchestrator: o, run: run, quarantine: q}, nil
}

func (q *quarantine) stillRunning(run string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	stuck := q.stuck[run]
	if stuck == nil {
		return nil
	}
	if stuck.Returned() {
		delete(q.stuck, run)
		return nil
	}
	return stuck
}

func (q *quarantine) note(run string, err error) error {
	var stuck stuckError
	if errors.As(err, &stuck) {
		q.mu.Lock()
		maps.DeleteFunc(q.stuck, func(_ string, s stuckError) bool { return s.Returned() })
		q.stuck[run] = stuck
		q.mu.Unlock()
	}
	return err
}

// watched is an orchestrator whose code may not come back.
type watched struct {
	turn.Orchestrator
	run        string
	quarantine *quarantine
}

func (w *watched) Handle(input record.Event) ([]record.Event, error) {
	decisions, err := w.Orchestrator.Handle(input)
	if err != nil {
		return nil, w.quarantine.note(w.run, err)
	}
	return decisions, nil
}
