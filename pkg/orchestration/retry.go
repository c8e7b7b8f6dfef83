package orchestration

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/replay"
)

// RetryPolicy says how often and how soon a failed activity or sub-orchestration is
// run again. The pauses are durable timers. The zero RetryPolicy tries again every
// second, without end. A call with a policy that makes no sense fails at once.
//
// The task fails with the failure of the last attempt.
type RetryPolicy struct {
	// FirstInterval is the pause before the second attempt; 1 s if zero.
	FirstInterval time.Duration
	// MaxAttempts counts the first attempt too; 0 means no limit.
	MaxAttempts int
	// Backoff multiplies the pause after each attempt; 1 if zero, at least 1.
	Backoff float64
	// MaxInterval is the longest pause; 0 means no limit.
	MaxInterval time.Duration
	// Timeout is how long after the call a new attempt may still begin; 0 means no
	// limit. It does not end an attempt at work: see [WithRunTimeout].
	Timeout time.Duration
	// NonRetryable are the type names of errors that end the policy at once, as
	// shown by %T, such as "*fs.PathError"; or "panic", or "Timeout". Those that an
	// error wraps count as well. [NonRetryable] marks errors one by one.
	NonRetryable []string
}

var errPolicy = errors.New("invalid retry policy")

func (p RetryPolicy) check() error {
	switch {
	case p.FirstInterval < 0 || p.MaxInterval < 0 || p.Timeout < 0:
		return fmt.Errorf("%w: intervals and timeout must not be negative", errPolicy)
	case p.MaxAttempts < 0:
		return fmt.Errorf("%w: MaxAttempts must not be negative", errPolicy)
	case p.Backoff != 0 && !(p.Backoff >= 1):
		return fmt.Errorf("%w: Backoff must be at least 1", errPolicy)
	}
	return nil
}

// pause returns how long to wait after the attempt of that number, from 1.
func (p RetryPolicy) pause(attempt int) time.Duration {
	first := p.FirstInterval
	if first == 0 {
		first = time.Second
	}
	backoff := max(1, p.Backoff)
	longest := time.Duration(math.MaxInt64)
	if p.MaxInterval > 0 {
		longest = p.MaxInterval
	}
	pause := float64(first) * math.Pow(backoff, float64(attempt-1))
	if pause >= float64(longest) {
		return longest
	}
	return time.Duration(pause)
}

// again reports whether the policy allows another attempt after this failure.
func (p RetryPolicy) again(attempt int, err error, begun, now time.Time) bool {
	var failed *TaskFailedError
	if !errors.As(err, &failed) {
		return false
	}
	for f := failed.Failure; f != nil; f = f.Cause {
		if f.NonRetryable || slices.Contains(p.NonRetryable, f.Type) {
			return false
		}
	}
	if p.MaxAttempts > 0 && attempt >= p.MaxAttempts {
		return false
	}
	return p.Timeout == 0 || now.Add(p.pause(attempt)).Sub(begun) < p.Timeout
}

// callWithRetry makes the first attempt at once, like any call; a branch sees to
// the others. Attempts are counted from 1.
func callWithRetry[Out any](ctx *Context, policy RetryPolicy, attempt func(number int) *Task[Out]) *Task[Out] {
	begun := ctx.CurrentTime()
	call := attempt(1)
	stop := call.Cancel
	t := Go(ctx, func(ctx *Context) (Out, error) {
		for number := 1; ; number++ {
			out, err := call.Await()
			if err == nil || !policy.again(number, err, begun, ctx.CurrentTime()) {
				return out, err
			}
			pause := CreateTimer(ctx, policy.pause(number))
			stop = pause.Cancel
			if _, err := pause.Await(); err != nil {
				return out, err
			}
			call = attempt(number + 1)
			stop = call.Cancel
		}
	})
	t.core.OnCancel(func() { stop() })
	return inScope(ctx, t)
}

// NonRetryable marks an error so that no retry policy runs the activity or the
// sub-orchestration again that returns it, or an error that wraps it. It returns nil
// for nil.
func NonRetryable(err error) error {
	if err == nil {
		return nil
	}
	return replay.NonRetryable(err)
}
