package orchestration

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// SendEvent raises an external event on another instance, with data as its JSON
// payload, nil for none. Once the orchestrator waits or ends, the event is under
// way, and it is raised exactly once, whatever is killed meanwhile. What becomes of
// it does not come back: on an id that does not exist, or that has ended, it is
// discarded. Events that one orchestrator sends to one instance arrive in the order
// they were sent.
//
// It returns an error if the id or the name is not a legal one, if data cannot be
// written as JSON or takes more than the hub stores ([ErrTooLarge]), and
// [ErrCanceled] if ctx is of a cancelled scope.
func SendEvent(ctx *Context, instanceID, name string, data any) error {
	if err := ctx.ready(); err != nil {
		return err
	}
	if err := ident.CheckAddress(instanceID); err != nil {
		return err
	}
	if err := ident.CheckName("event name", name); err != nil {
		return err
	}
	x := ctx.x
	payload, err := x.encode(data)
	if err != nil {
		return fmt.Errorf("event %q: %w", name, err)
	}
	x.decide(record.Event{Kind: history.EventSent, Task: x.tasks.next(), Name: name, ID: instanceID, Data: payload})
	return nil
}
