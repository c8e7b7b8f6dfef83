package retry

import (
	"cmp"
	"context"
	"time"
)

// Keep calls run again, after a pause, whenever it returns, until ctx ends. Broke is told
// each time why run returned. A run that lasted longer than the longest pause is followed
// by the first pause again.
func Keep(ctx context.Context, pauses Pauses, run func(context.Context) error, broke func(error)) {
	for ctx.Err() == nil {
		begun := time.Now()
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) > cmp.Or(pauses.Longest, DefaultLongest) {
			pauses.Reset()
		}
		broke(err)
		_ = pauses.Wait(ctx) // the loop looks at the context itself
	}
}
