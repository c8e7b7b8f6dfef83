package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
)

// ask makes a request that may be made twice, again if it is not answered. It fails when
// the connection breaks, and when there is no answer in time.
func ask[T any](ctx context.Context, h *Hub, request func(context.Context) (T, error)) (T, error) {
	return askOnce(ctx, h, func(ctx context.Context) (T, error) { return again(ctx, request) })
}

// askOnce is ask for a request whose second answer would not be that of the first.
func askOnce[T any](ctx context.Context, h *Hub, request func(context.Context) (T, error)) (T, error) {
	ctx, done := h.link.bind(ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	answer, err := request(ctx)
	if err != nil && errors.Is(context.Cause(ctx), pull.ErrDisconnected) {
		err = pull.ErrDisconnected
		if h.nc.IsClosed() { // for good
			err = nats.ErrConnectionClosed
		}
	}
	return answer, pull.SendError(err)
}

// answerPatience is how long an answer may take before the request is made again.
const answerPatience = 2 * time.Second

// again makes a request again if it is not answered: on a cluster nobody answers for a
// stream or a consumer that has no leader just now, not even that there is none.
func again[T any](ctx context.Context, request func(context.Context) (T, error)) (T, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, answerPatience)
		answer, err := request(attempt)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return answer, err
		}
	}
}

func (h *Hub) createConsumer(ctx context.Context, stream string, config js.ConsumerConfig) (js.Consumer, error) {
	return h.withoutRivals(ctx, stream, config, h.js.CreateConsumer)
}

// ensureConsumer makes a consumer that may be there already.
func (h *Hub) ensureConsumer(ctx context.Context, stream string, config js.ConsumerConfig) error {
	_, err := h.withoutRivals(ctx, stream, config, h.js.CreateOrUpdateConsumer)
	return err
}

func (h *Hub) deleteConsumer(ctx context.Context, stream, consumer string) error {
	_, err := ask(ctx, h, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.js.DeleteConsumer(ctx, stream, consumer)
	})
	return err
}

// consumerGroups returns the priority groups of a consumer.
func (h *Hub) consumerGroups(ctx context.Context, stream, consumer string) ([]string, error) {
	c, err := ask(ctx, h, func(ctx context.Context) (js.Consumer, error) {
		return h.js.Consumer(ctx, stream, consumer)
	})
	if err != nil {
		return nil, err
	}
	return c.CachedInfo().Config.PriorityGroups, nil
}
