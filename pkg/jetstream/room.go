package jetstream

import (
	"context"
	"fmt"
	"sync"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
)

const (
	// roomAge is for how long a look at the free room counts.
	roomAge = 5 * time.Second
	// roomKept is the part of a full stream that is left free. roomShare is the part of the
	// free room that one worker takes before it looks again: others take their own.
	roomKept, roomShare = 8, 64
	// timerSize is at least as much as a timer takes, in bytes.
	timerSize = 4 << 10
)

// room keeps the timer stream from getting full, if it has a limit. A full stream with
// schedules drops its oldest timers: the server cannot be told to refuse new ones.
type room struct {
	*connection
	config js.StreamConfig

	mu     sync.Mutex
	left   int64
	looked time.Time
}

// newRoom returns the room in a stream; nil where there is no limit.
func newRoom(c *connection, config js.StreamConfig) *room {
	if config.MaxBytes <= 0 && config.MaxMsgs <= 0 {
		return nil
	}
	return &room{connection: c, config: config}
}

// reserve takes the room for one timer. It returns an error wrapping [ErrStorage] if there is
// none.
func (r *room) reserve(ctx context.Context) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left <= 0 || time.Since(r.looked) > roomAge {
		left, err := r.look(ctx)
		if err != nil {
			return err
		}
		r.left, r.looked = left, time.Now()
	}
	r.left--
	return nil
}

// look returns how many timers this worker may set before it looks again, at least one.
func (r *room) look(ctx context.Context) (int64, error) {
	info, err := roundTrip(ctx, r.connection, func(ctx context.Context) (*js.StreamInfo, error) {
		stream, err := r.js.Stream(ctx, r.config.Name)
		if err != nil {
			return nil, err
		}
		return stream.CachedInfo(), nil
	})
	if err != nil {
		return 0, fmt.Errorf("look for room for timers: %w", err)
	}
	left := int64(roomShare * 10_000)
	if most := info.Config.MaxBytes; most > 0 {
		left = min(left, (most-most/roomKept-int64(info.State.Bytes))/timerSize)
	}
	if most := info.Config.MaxMsgs; most > 0 {
		left = min(left, most-most/roomKept-int64(info.State.Msgs))
	}
	if left <= 0 {
		return 0, fmt.Errorf("%w: stream %s holds as many timers as its limits allow", ErrStorage, r.config.Name)
	}
	return max(left/roomShare, 1), nil
}
