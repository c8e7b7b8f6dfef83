package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Perform runs an activity and returns its result, as JSON, or how it failed. A
// panic is a failure, and so is runtime.Goexit: the activity runs on a goroutine of
// its own, which is all that it can end.
func (c *Code) Perform(ctx context.Context, run ActivityRun) ([]byte, *history.Failure) {
	function, ok := c.activities[run.Name]
	if !ok {
		return nil, failureOf(fmt.Errorf("activity %q: %w", run.Name, ErrNotRegistered))
	}
	ctx, cancel := bounded(ctx, run.Call.Timeout)
	defer cancel()
	ctx = context.WithValue(ctx, runKey{}, &run)
	var result []byte
	ended := guard(fmt.Sprintf("activity %q", run.Name), func() (err error) {
		result, err = function(ctx, run.Input)
		return err
	})
	select {
	case failure := <-ended:
		if failure != nil && errors.Is(context.Cause(ctx), errTimeIsUp) {
			return nil, tookTooLong(run.Call.Timeout, failure)
		}
		return result, failure
	case <-overdue(ctx, run.Call.Timeout):
		return nil, tookTooLong(run.Call.Timeout, nil)
	}
}

// runKey is the key of a context's [*ActivityRun].
type runKey struct{}

// RunFrom returns the run of the activity whose context this is, and false if ctx is not an
// activity's.
func RunFrom(ctx context.Context) (*ActivityRun, bool) {
	run, ok := ctx.Value(runKey{}).(*ActivityRun)
	return run, ok
}

// bounded returns the context of a run that may take that long, 0 for any time.
func bounded(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, timeout, errTimeIsUp)
}

var errTimeIsUp = errors.New("the time of the run is up")

// overdue returns a channel that is closed when the time of a run has been up for a while.
// It stays open if the run was told to stop for another reason: then the dispatcher judges
// the result.
func overdue(ctx context.Context, timeout time.Duration) <-chan struct{} {
	if timeout <= 0 {
		return nil
	}
	late := make(chan struct{})
	context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), errTimeIsUp) {
			time.AfterFunc(lastWord, func() { close(late) })
		}
	})
	return late
}

// lastWord is how long an activity whose time is up may take to come back by itself,
// with a reason, or a result after all.
const lastWord = 100 * time.Millisecond

// tookTooLong returns the failure of a run whose time is up; cause is the failure that the
// activity returned then, nil for none.
func tookTooLong(timeout time.Duration, cause *history.Failure) *history.Failure {
	f := &history.Failure{Type: "Timeout", Message: fmt.Sprintf("the run took longer than %s", timeout), Cause: cause}
	if cause != nil {
		f.Message = clip(f.Message+": "+f.Cause.Message, mostMessage)
		f.NonRetryable = f.Cause.NonRetryable
	}
	return f
}

// Guard runs a function of users' code, such as one that a queue triggers, as an activity is
// run: it returns how the function failed, nil if it did not. A panic or runtime.Goexit is a
// failure. Name names the function in its message.
func Guard(name string, fn func() error) *history.Failure { return <-guard(name, fn) }

// guard calls users' code on a goroutine of its own, and sends how it failed, nil if it did
// not. To write an error down is to call users' code too.
func guard(name string, fn func() error) <-chan *history.Failure {
	ended := make(chan *history.Failure, 1)
	go func() {
		failure := failureOf(fmt.Errorf("%s ended its goroutine with runtime.Goexit", name))
		defer func() { ended <- failure }()
		err := Protect(fn)
		failure = unwritten(err)
		failure = failureOf(err)
	}()
	return ended
}
