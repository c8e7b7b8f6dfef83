package jetstream

import (
	"context"
	"errors"

	js "github.com/nats-io/nats.go/jetstream"
)

// consumers makes, removes and reads the consumers of a hub through a connection.
type consumers struct{ *connection }

// create makes a consumer.
func (c consumers) create(ctx context.Context, stream string, config js.ConsumerConfig) (js.Consumer, error) {
	return c.withoutRivals(ctx, stream, config, c.js.CreateConsumer)
}

// ensure makes a consumer that may be there already.
func (c consumers) ensure(ctx context.Context, stream string, config js.ConsumerConfig) error {
	_, err := c.withoutRivals(ctx, stream, config, c.js.CreateOrUpdateConsumer)
	return err
}

// remove removes a consumer.
func (c consumers) remove(ctx context.Context, stream, consumer string) error {
	_, err := roundTrip(ctx, c.connection, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.js.DeleteConsumer(ctx, stream, consumer)
	})
	return err
}

// groups returns the priority groups of a consumer.
func (c consumers) groups(ctx context.Context, stream, consumer string) ([]string, error) {
	found, err := roundTrip(ctx, c.connection, func(ctx context.Context) (js.Consumer, error) {
		return c.js.Consumer(ctx, stream, consumer)
	})
	if err != nil {
		return nil, err
	}
	return found.CachedInfo().Config.PriorityGroups, nil
}

// delivered returns the last message that a consumer has handed out, 0 if there is no
// such consumer.
func (c consumers) delivered(ctx context.Context, stream, consumer string) (uint64, error) {
	found, err := roundTrip(ctx, c.connection, func(ctx context.Context) (js.Consumer, error) {
		return c.js.Consumer(ctx, stream, consumer)
	})
	if errors.Is(err, js.ErrConsumerNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return found.CachedInfo().Delivered.Stream, nil
}
