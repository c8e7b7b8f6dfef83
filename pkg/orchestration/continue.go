package orchestration

import "fmt"

// ContinueAsNewOption changes how an instance continues as new.
type ContinueAsNewOption func(*continueAsNewOptions)

type continueAsNewOptions struct {
	dropEvents bool
}

// DropEvents lets go of the external events that would go along to the next
// generation.
func DropEvents() ContinueAsNewOption {
	return func(o *continueAsNewOptions) { o.dropEvents = true }
}

// ContinueAsNew makes the instance start over with input when the orchestrator
// returns without an error: with an empty history and the same id. Its output is ignored. External events that arrived and that the code has not
// looked at go along, in order, ahead of later ones: those that were not waited
// for, and those of waits whose end nothing has asked for; [DropEvents] lets go of
// them. Timers that are set are taken back; results of activities and
// sub-orchestrations still at work are dropped.
//
// It returns an error if input cannot be written as JSON.
func (c *Context) ContinueAsNew(input any, options ...ContinueAsNewOption) error {
	c.env.MustRun()
	data, err := encode(c, input)
	if err != nil {
		return fmt.Errorf("continue as new: input: %w", err)
	}
	var o continueAsNewOptions
	for _, option := range options {
		option(&o)
	}
	c.env.ContinueAsNew(data, o.dropEvents)
	return nil
}
