package orchestration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

type (
	orchestrator func(*Context, []byte) ([]byte, error)
	activity     func(context.Context, []byte) ([]byte, error)
)

// Registry holds a program's orchestrators and activities by name. The zero
// Registry is empty and ready to use. Fill it before it is given to a worker.
type Registry struct {
	// Logger is where orchestrators log to; nil for slog.Default.
	Logger *slog.Logger
	// StuckAfter is how long an orchestrator may run without waiting for a task; 10 s
	// if zero. One that takes longer is left alone, visibly blocked.
	StuckAfter time.Duration

	orchestrators map[string]orchestrator
	activities    map[string]activity
	errs          []error
}

// RegisterOrchestrator makes fn known by name. What is wrong with a registration,
// such as a name given twice, is reported by [Registry.Err], and by the worker
// that is given the registry.
func RegisterOrchestrator[In, Out any](r *Registry, name string, fn func(*Context, In) (Out, error)) {
	if !admit(r, "orchestrator", name, r.orchestrators, fn == nil) {
		return
	}
	if r.orchestrators == nil {
		r.orchestrators = map[string]orchestrator{}
	}
	r.orchestrators[name] = func(ctx *Context, input []byte) ([]byte, error) {
		in, err := decode[In](input)
		if err != nil {
			return nil, fmt.Errorf("input of orchestrator %q: %w", name, err)
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return ctx.x.encode(out)
	}
}

// RegisterActivity makes fn known by name. See [RegisterOrchestrator] for what
// happens to errors. An activity may run more than once for one call: when its
// worker dies before its result is stored.
func RegisterActivity[In, Out any](r *Registry, name string, fn func(context.Context, In) (Out, error)) {
	if !admit(r, "activity", name, r.activities, fn == nil) {
		return
	}
	if r.activities == nil {
		r.activities = map[string]activity{}
	}
	r.activities[name] = func(ctx context.Context, input []byte) ([]byte, error) {
		in, err := decode[In](input)
		if err != nil {
			return nil, NonRetryable(fmt.Errorf("input of activity %q: %w", name, err))
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return encode(out)
	}
}

func admit[F any](r *Registry, what, name string, known map[string]F, isNil bool) bool {
	err := history.CheckName(what+" name", name)
	if _, twice := known[name]; err == nil && twice {
		err = fmt.Errorf("%s %q is registered twice", what, name)
	}
	if err == nil && isNil {
		err = fmt.Errorf("%s %q: the function is nil", what, name)
	}
	if err != nil {
		r.errs = append(r.errs, err)
	}
	return err == nil
}

// Err returns what was wrong with the registrations, nil if nothing was.
func (r *Registry) Err() error { return errors.Join(r.errs...) }

// Orchestrators returns the names of the orchestrators, sorted.
func (r *Registry) Orchestrators() []string { return slices.Sorted(maps.Keys(r.orchestrators)) }

// Activities returns the names of the activities, sorted.
func (r *Registry) Activities() []string { return slices.Sorted(maps.Keys(r.activities)) }

// Begin returns the live orchestrator of an execution, replayed up to the end of
// events. It returns an error wrapping [ErrNotRegistered] if its code is not
// here, a [*NonDeterminismError] if the code does not agree with the events, a
// [*StuckError] if it does not give control back.
func (r *Registry) Begin(info history.Execution, events []history.Event) (*Execution, error) {
	function, ok := r.orchestrators[info.Name]
	if !ok {
		return nil, fmt.Errorf("orchestrator %q: %w", info.Name, ErrNotRegistered)
	}
	x := newExecution(info, function, r)
	if err := x.replay(events); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// Newest returns the version of an orchestrator that was registered last, empty if
// it has none.
func (r *Registry) Newest(string) string { return "" }
