package orchestration

import "context"

// Handle is an orchestrator or an activity of this program, made by [Orchestrator] or
// [Activity]: its name, its code, and the types of its input and output. A [Registry]
// takes handles.
type Handle interface {
	// Name returns the name that it is registered and called by.
	Name() string
	addTo(r *Registry)
}

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
func Activity[In, Out any](name string, fn func(context.Context, In) (Out, error)) ActivityHandle[In, Out] {
	return ActivityHandle[In, Out]{name: name, fn: fn}
}

// Name returns the activity's name.
func (a ActivityHandle[In, Out]) Name() string { return a.name }

// Call is [CallActivity] with the activity's own types.
func (a ActivityHandle[In, Out]) Call(ctx *Context, input In, options ...ActivityOption) *Task[Out] {
	return CallActivity[Out](ctx, a.name, input, options...)
}

func (a ActivityHandle[In, Out]) addTo(r *Registry) { RegisterActivity(r, a.name, a.fn) }

// OrchestratorHandle is an orchestrator that takes an In and returns an Out.
type OrchestratorHandle[In, Out any] struct {
	name    string
	fn      func(*Context, In) (Out, error)
	options []OrchestratorOption
}

// Orchestrator names a function that is run as an orchestrator:
//
//	var Order = orchestration.Orchestrator("Order", order)
//
// [Registry.Add] makes it known to a worker. A program starts instances of it by its
// handle, and another orchestrator by [OrchestratorHandle.Call]. [AsVersion] makes one of
// several versions.
func Orchestrator[In, Out any](name string, fn func(*Context, In) (Out, error), options ...OrchestratorOption) OrchestratorHandle[In, Out] {
	return OrchestratorHandle[In, Out]{name: name, fn: fn, options: options}
}

// Name returns the orchestrator's name.
func (o OrchestratorHandle[In, Out]) Name() string { return o.name }

// Types returns the zero values of the input and of the output. It tells functions such
// as those of package client which types the orchestrator has.
func (o OrchestratorHandle[In, Out]) Types() (in In, out Out) { return in, out }

// Call is [CallSubOrchestration] with the orchestrator's own types.
func (o OrchestratorHandle[In, Out]) Call(ctx *Context, input In, options ...SubOrchestrationOption) *Task[Out] {
	return CallSubOrchestration[Out](ctx, o.name, input, options...)
}

func (o OrchestratorHandle[In, Out]) addTo(r *Registry) {
	RegisterOrchestrator(r, o.name, o.fn, o.options...)
}

// Event is the name of an external event whose payload is a T:
//
//	const Approval = orchestration.Event[bool]("Approval")
//
// An orchestrator waits for it by [Event.Wait] and sends it by [Event.Send]; package
// client raises it from outside.
type Event[T any] string

// Name returns the event's name.
func (e Event[T]) Name() string { return string(e) }

// Payload returns the zero value of the payload. It tells functions such as those of
// package client which type the payload has.
func (e Event[T]) Payload() (payload T) { return payload }

// Wait is [WaitForExternalEvent] for this event.
func (e Event[T]) Wait(ctx *Context, options ...WaitOption) *Task[T] {
	return WaitForExternalEvent[T](ctx, string(e), options...)
}

// Send is [SendEvent] for this event.
func (e Event[T]) Send(ctx *Context, instanceID string, payload T) error {
	return SendEvent(ctx, instanceID, string(e), payload)
}

// Add makes orchestrators and activities known to the worker that is given the registry.
// Mistakes, such as a name given twice, are reported by [Registry.Err] and by the worker.
func (r *Registry) Add(handles ...Handle) {
	for _, h := range handles {
		h.addTo(r)
	}
}
