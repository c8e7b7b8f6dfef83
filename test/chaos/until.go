package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// until calls do until it succeeds, with a pause between the tries. When the context
// ends it returns do's last error.
func until(ctx context.Context, pause time.Duration, do func() error) error {
	var last error
	for {
		err := do()
		if err == nil {
			return nil
		}
		if last == nil || !errors.Is(err, context.DeadlineExceeded) {
			last = err
		}
		if !rest(ctx, pause) {
			return fmt.Errorf("%w: last: %w", ctx.Err(), last)
		}
	}
}

// rest waits, and reports whether the context has not ended meanwhile.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
