package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/pflag"
)

// Timeout is how long a command waits, 0 for ever.
type Timeout struct{ time.Duration }

// AddFlag adds the flag --timeout.
func (t *Timeout) AddFlag(flags *pflag.FlagSet) {
	flags.DurationVar(&t.Duration, "timeout", 0, "give up after this time, such as 30s (0: never)")
}

// Check returns an error if the timeout is negative.
func (t *Timeout) Check() error {
	if t.Duration < 0 {
		return errors.New("--timeout must not be negative")
	}
	return nil
}

// Bound limits ctx to the timeout.
func (t *Timeout) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if t.Duration <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, t.Duration)
}
