package hub

import (
	"context"
	"time"
)

// Clock is the time that the hub lives by.
type Clock interface {
	// Now is the hub's time: the time by which timers become due and messages are marked
	// as stored. It is an estimate that is never ahead of the hub's own clock, and never
	// behind the time at which a message that was delivered was stored. It does not depend
	// on this computer's clock. It may ask the hub, where nobody has for long. A hub that
	// may not be asked answers by this computer's clock.
	Now(ctx context.Context) time.Time
}
