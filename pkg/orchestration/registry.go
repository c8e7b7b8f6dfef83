package orchestration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
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

	orchestrators map[string][]*edition
	activities    map[string]activity
	errs          []error
}

// RegisterOrchestrator makes fn known by name. What is wrong with a registration,
// such as a name given twice, is reported by [Registry.Err], and by the worker
// that is given the registry. [AsVersion] registers several versions of one name.
func RegisterOrchestrator[In, Out any](r *Registry, name string, fn func(*Context, In) (Out, error), options ...OrchestratorOption) {
	e := &edition{}
	for _, option := range options {
		option(e)
	}
	if !r.admit("orchestrator", name, fn == nil, e.check(name, r.orchestrators[name])) {
		return
	}
	if r.orchestrators == nil {
		r.orchestrators = map[string][]*edition{}
	}
	r.orchestrators[name] = append(r.orchestrators[name], e)
	e.function = func(ctx *Context, input []byte) ([]byte, error) {
		in, err := decode[In](input, ctx.x.readsExactly())
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
// worker dies before its result is stored. A call without an input, or with null, fails
// unless fn takes a [None], a pointer, an interface, a slice or a map.
func RegisterActivity[In, Out any](r *Registry, name string, fn func(context.Context, In) (Out, error)) {
	var known error
	if _, twice := r.activities[name]; twice {
		known = fmt.Errorf("activity %q is registered twice", name)
	}
	if !r.admit("activity", name, fn == nil, known) {
		return
	}
	if r.activities == nil {
		r.activities = map[string]activity{}
	}
	r.activities[name] = func(ctx context.Context, input []byte) ([]byte, error) {
		in, err := decode[In](input, true)
		if err == nil && isNothing(input) && !takesNothing(reflect.TypeFor[In]()) {
			err = fmt.Errorf("there is none, and the activity takes a %s", reflect.TypeFor[In]())
		}
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

// admit reports whether a registration is good, and notes what is wrong with it.
func (r *Registry) admit(what, name string, isNil bool, err error) bool {
	if bad := ident.CheckName(what+" name", name); bad != nil {
		err = bad
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
// here, in that version; a [*NonDeterminismError] if the code does not agree with
// the events, a [*VersionError] if it does not support a version that they hold, a
// [*StuckError] if it does not give control back.
func (r *Registry) Begin(info replay.Execution, events []record.Event) (*Execution, error) {
	code, err := r.edition(info, events)
	if err != nil {
		return nil, err
	}
	x := newExecution(info, code, r)
	if err := x.replay(events); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}
