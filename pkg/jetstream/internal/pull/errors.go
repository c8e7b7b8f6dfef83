package pull

import (
	"errors"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// Why a feed ends by itself.
var (
	// ErrDisconnected: the connection was interrupted.
	ErrDisconnected error = Unreachable("the connection to NATS was interrupted")
	// ErrTakenOver: the consumer is gone.
	ErrTakenOver = errors.New("the consumer is gone: it was removed, or somebody else has taken over")
	// ErrNoConsumer: the server knows no such consumer.
	ErrNoConsumer = errors.New("there is no such consumer")
	// ErrSilent: the server shows no life.
	ErrSilent = errors.New("NATS has gone silent")
	// ErrGap: a message is missing.
	ErrGap = errors.New("a message is missing")
)

// ErrNotConnected: the connection is interrupted and has not been repaired yet.
var ErrNotConnected error = Unreachable("not connected to NATS")

// Unreachable is an error that passes: it is [hub.ErrUnreachable].
type Unreachable string

func (u Unreachable) Error() string { return string(u) }

// Is reports whether the target is hub.ErrUnreachable.
func (u Unreachable) Is(target error) bool { return target == hub.ErrUnreachable }

// SendError puts an error of sending into the hub's vocabulary. A connection that keeps
// nothing for later reports an interruption as a full buffer.
func SendError(err error) error {
	switch {
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionReconnecting), errors.Is(err, nats.ErrDisconnected):
		return ErrNotConnected
	}
	return err
}
