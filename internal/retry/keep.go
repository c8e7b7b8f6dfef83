package retry

import (
	"cmp"
	"context"
	"time"
)

// Loop keeps something running that can break off.
type Loop struct {
	// Pauses are made between the runs. A run that lasted longer than the longest is
	// followed by the first again.
	Pauses Pauses
	// Reach returns a channel that is closed when what is needed for a run can be reached;
	// where it cannot be, the next run waits for that instead of a pause.
	Reach func() <-chan struct{}
	// Broke is told why a run returned, before the pause, which it may make longer; nil for
	// nobody.
	Broke func(err error, next *Pauses)
}

// Run calls run whenever it has returned, until ctx ends.
func (l Loop) Run(ctx context.Context, run func(context.Context) error) {
	for ctx.Err() == nil {
		begun := time.Now()
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) > cmp.Or(l.Pauses.Longest, DefaultLongest) {
			l.Pauses.Reset()
		}
		if l.Broke != nil {
			l.Broke(err, &l.Pauses)
		}
		_ = l.Pauses.WaitFor(ctx, l.Reach) // the loop looks at the context itself
	}
}
