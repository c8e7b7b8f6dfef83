package hub

import "context"

// Connection is how the hub is reached.
type Connection interface {
	// Reach returns a channel that is closed when the hub can be reached: at once, unless
	// the connection to it is interrupted. Errors of calls that fail for that reason wrap
	// [ErrUnreachable].
	Reach() <-chan struct{}
	// Check returns an error wrapping [ErrHubLost] if the hub, or a part of it, is not
	// there any more; any other error leaves that open.
	Check(ctx context.Context) error
}

// Limits are the largest sizes that the hub stores.
type Limits interface {
	// MaxValue is the largest size in bytes, headers not counted, of a record or a
	// segment that the hub can store.
	MaxValue() int
	// MaxPayload is the largest payload in bytes that a message, an input or an
	// output may have, at most a quarter of MaxValue.
	MaxPayload() int
}
