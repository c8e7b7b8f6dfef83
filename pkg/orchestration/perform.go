package orchestration

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Perform runs an activity and returns its result, as JSON, or how it failed. A
// panic is a failure, and so is runtime.Goexit: the activity runs on a goroutine of
// its own, which is all that it can end.
func (r *Registry) Perform(ctx context.Context, run history.ActivityRun) ([]byte, *history.Failure) {
	function, ok := r.activities[run.Name]
	if !ok {
		return nil, failureOf(fmt.Errorf("activity %q: %w", run.Name, ErrNotRegistered))
	}
	ctx = withActivityInfo(ctx, ActivityInfo{
		Name: run.Name, InstanceID: run.Instance, ExecutionID: run.Execution, Task: run.Task, Delivery: run.Delivery,
	})
	var result []byte
	err := errGoexit
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if cause := recover(); cause != nil {
				err = &panicError{value: cause, stack: string(debug.Stack())}
			}
		}()
		result, err = function(ctx, run.Input)
	}()
	<-done
	if err != nil {
		return nil, failureOf(err)
	}
	return result, nil
}

var errGoexit = errors.New("the activity ended its goroutine with runtime.Goexit")
