package orchestration

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

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
	if run.Call.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, run.Call.Timeout)
		defer cancel()
	}
	ctx = withActivity(ctx, &activityContext{
		info: ActivityInfo{
			Name: run.Name, InstanceID: run.Instance, ExecutionID: history.Unwound(run.Execution), Task: run.Task,
			Attempt: max(1, run.Call.Attempt), FirstTask: run.FirstTask(), Delivery: run.Delivery,
		},
		details: run.Details, heartbeat: run.Heartbeat,
	})
	answer := make(chan activityAnswer, 1)
	go func() { answer <- perform(ctx, function, run.Input) }()
	select {
	case a := <-answer:
		return a.result, failureOf(a.err)
	case <-timeIsUp(ctx, run.Call.Timeout):
	}
	return nil, &history.Failure{Type: "Timeout", Message: fmt.Sprintf("the run took longer than %s", run.Call.Timeout)}
}

// timeIsUp returns a channel that is closed some time after the context of a run
// that may take only so long has ended: an activity that heeds it has the last word.
func timeIsUp(ctx context.Context, timeout time.Duration) <-chan struct{} {
	up := make(chan struct{})
	if timeout > 0 {
		context.AfterFunc(ctx, func() { time.AfterFunc(lastWord, func() { close(up) }) })
	}
	return up
}

// lastWord is how long an activity whose time is up may take to say so itself.
const lastWord = 100 * time.Millisecond

type activityAnswer struct {
	result []byte
	err    error
}

// perform calls users' code.
func perform(ctx context.Context, function activity, input []byte) (a activityAnswer) {
	a.err = errGoexit
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if cause := recover(); cause != nil {
				a.err = &panicError{value: cause, stack: string(debug.Stack())}
			}
		}()
		a.result, a.err = function(ctx, input)
	}()
	<-done
	return a
}

var errGoexit = errors.New("the activity ended its goroutine with runtime.Goexit")
