package client

import "context"

// OrchestratorHandle is an orchestrator whose input is an In and whose output is an Out. The
// handles that orchestration.Orchestrator returns are such handles.
type OrchestratorHandle[In, Out any] interface {
	// Name returns the orchestrator's name.
	Name() string
	// Types returns the zero values of the input and of the output.
	Types() (In, Out)
}

// EventHandle is an external event whose payload is a T. An orchestration.Event is one.
type EventHandle[T any] interface {
	// Name returns the event's name.
	Name() string
	// Payload returns the zero value of the payload.
	Payload() T
}

// Start is [Client.Start] for an orchestrator of this program: an input of another type than
// the orchestrator's does not compile. Of several versions of the orchestrator it starts the
// newest, whatever the handle's, unless [WithOrchestratorVersion] chooses one.
//
//	id, err := client.Start(ctx, c, Order, "three chairs")
func Start[In, Out any](ctx context.Context, c *Client, orchestrator OrchestratorHandle[In, Out], input In, opts ...StartOption) (string, error) {
	return c.Start(ctx, orchestrator.Name(), input, opts...)
}

// Raise is [Client.Raise] for an event that this program declares: a payload of another type
// than the event's does not compile.
//
//	err := client.Raise(ctx, c, id, Approval, true)
func Raise[T any](ctx context.Context, c *Client, id string, event EventHandle[T], payload T, opts ...RaiseOption) error {
	return c.Raise(ctx, id, event.Name(), payload, opts...)
}
