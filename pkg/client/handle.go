package client

// OrchestratorHandle is an orchestrator whose input is an In and whose output is an Out.
// The handles that orchestration.Orchestrator makes are such.
type OrchestratorHandle[In, Out any] interface {
	Name() string
	// Types returns the zero values of the input and of the output.
	Types() (In, Out)
}

// EventHandle is an external event whose payload is a T. An orchestration.Event is one.
type EventHandle[T any] interface {
	Name() string
	// Payload returns the zero value of the payload.
	Payload() T
}
