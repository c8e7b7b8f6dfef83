package orchestration

import (
	"context"
	"fmt"
	"reflect"

	"github.com/dormouse-dev/dormouse/internal/payload"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

// ActivityHandle is an activity that takes an In and returns an Out.
type ActivityHandle[In, Out any] struct {
	name string
	fn   func(context.Context, In) (Out, error)
}

// Activity names a function that orchestrators can call as an activity:
//
//	var Ship = orchestration.Activity("Ship", ship)
//
// [Registry.Add] makes it known to a worker, and [ActivityHandle.Call] calls it.
//
// An activity may run more than once for one call: when its worker dies before its result is
// stored. A call without an input, or with null, fails unless fn takes a [None], a pointer, an
// interface, a slice or a map.
func Activity[In, Out any](name string, fn func(context.Context, In) (Out, error)) ActivityHandle[In, Out] {
	return ActivityHandle[In, Out]{name: name, fn: fn}
}

// Name returns the activity's name.
func (a ActivityHandle[In, Out]) Name() string { return a.name }

// Call asks for the activity to be run with input, by any worker of the hub that has it, and
// returns its result as a task: see [CallActivity].
func (a ActivityHandle[In, Out]) Call(ctx *Context, input In, options ...ActivityOption) *Task[Out] {
	return CallActivity[Out](ctx, a.name, input, options...)
}

func (a ActivityHandle[In, Out]) addTo(code *replay.Code) {
	if a.fn == nil {
		code.AddActivity(a.name, nil)
		return
	}
	code.AddActivity(a.name, func(ctx context.Context, input []byte) ([]byte, error) {
		in, err := payload.Decode[In](input, true)
		if err == nil && payload.IsNothing(input) && !payload.TakesNothing(reflect.TypeFor[In]()) {
			err = fmt.Errorf("there is none, and the activity takes a %s", reflect.TypeFor[In]())
		}
		if err != nil {
			return nil, NonRetryable(fmt.Errorf("input of activity %q: %w", a.name, err))
		}
		out, err := a.fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return payload.Encode(out)
	})
}

// OrchestratorHandle is an orchestrator that takes an In and returns an Out.
type OrchestratorHandle[In, Out any] struct {
	name    string
	fn      func(*Context, In) (Out, error)
	version *string
}

// OrchestratorOption changes how an orchestrator is registered.
type OrchestratorOption func(*orchestratorOptions)

type orchestratorOptions struct{ version *string }

// AsVersion makes the function a version of the orchestrator, of 1 to 128
// characters, side by side with others of the same name. New instances, and new
// generations after ContinueAsNew, run the version that was registered last, unless
// their start asks for another; running ones stay on theirs, which must stay
// registered for as long as there are any. A function registered without a version
// is one version of its own.
func AsVersion(version string) OrchestratorOption {
	return func(o *orchestratorOptions) { o.version = &version }
}

// Orchestrator names a function that is run as an orchestrator:
//
//	var Order = orchestration.Orchestrator("Order", order)
//
// [Registry.Add] makes it known to a worker. A program starts instances of it by its
// handle, and another orchestrator by [OrchestratorHandle.Call]. A function that calls itself
// uses [CallSubOrchestration], since Go refuses a variable whose value refers to it.
func Orchestrator[In, Out any](name string, fn func(*Context, In) (Out, error), options ...OrchestratorOption) OrchestratorHandle[In, Out] {
	var o orchestratorOptions
	for _, option := range options {
		option(&o)
	}
	return OrchestratorHandle[In, Out]{name: name, fn: fn, version: o.version}
}

// Name returns the orchestrator's name.
func (o OrchestratorHandle[In, Out]) Name() string { return o.name }

// Types returns the zero values of the input and of the output. It tells functions such
// as those of package client which types the orchestrator has.
func (o OrchestratorHandle[In, Out]) Types() (in In, out Out) { return in, out }

// Call asks for the orchestrator to be run with input, as an instance of its own, in the
// version that was registered last, and returns its result as a task: see
// [CallSubOrchestration].
func (o OrchestratorHandle[In, Out]) Call(ctx *Context, input In, options ...SubOrchestrationOption) *Task[Out] {
	return CallSubOrchestration[Out](ctx, o.name, input, options...)
}

func (o OrchestratorHandle[In, Out]) addTo(code *replay.Code) {
	if o.fn == nil {
		code.AddOrchestrator(o.name, o.version, nil)
		return
	}
	code.AddOrchestrator(o.name, o.version, func(env *replay.Env, input []byte) ([]byte, error) {
		ctx := &Context{env: env}
		in, err := payload.Decode[In](input, env.ReadsExactly())
		if err != nil {
			return nil, fmt.Errorf("input of orchestrator %q: %w", o.name, err)
		}
		out, err := o.fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return encode(ctx, out)
	})
}
