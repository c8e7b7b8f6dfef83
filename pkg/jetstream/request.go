package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

// roundTrip makes a request that may be made twice, again if it is not answered. It fails when
// the connection breaks, and when there is no answer in time.
func roundTrip[T any](ctx context.Context, c *connection, request func(context.Context) (T, error)) (T, error) {
	return roundTripOnce(ctx, c, func(ctx context.Context) (T, error) { return again(ctx, request) })
}

// roundTripOnce is roundTrip for a request whose second answer would not be that of the first.
func roundTripOnce[T any](ctx context.Context, c *connection, request func(context.Context) (T, error)) (T, error) {
	ctx, done := c.link.bind(ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	answer, err := request(ctx)
	if err != nil && errors.Is(context.Cause(ctx), pull.ErrDisconnected) {
		err = pull.ErrDisconnected
		if c.nc.IsClosed() { // for good
			err = nats.ErrConnectionClosed
		}
	}
	return answer, pull.SendError(err)
}

// answerTimeout is how long an answer may take before the request is made again.
const answerTimeout = 2 * time.Second

// again makes a request again if it is not answered: on a cluster nobody answers for a
// stream or a consumer that has no leader just now, not even that there is none.
func again[T any](ctx context.Context, request func(context.Context) (T, error)) (T, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, answerTimeout)
		answer, err := request(attempt)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return answer, err
		}
	}
}
