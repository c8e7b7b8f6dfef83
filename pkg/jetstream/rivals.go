package jetstream

import (
	"context"
	"errors"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// withoutRivals makes a consumer, if need be after removing others that are in its way.
func (c consumers) withoutRivals(
	ctx context.Context, stream string, config js.ConsumerConfig,
	make func(context.Context, string, js.ConsumerConfig) (js.Consumer, error),
) (js.Consumer, error) {
	request := func(ctx context.Context) (js.Consumer, error) { return make(ctx, stream, config) }
	consumer, err := roundTrip(ctx, c.connection, request)
	var api *js.APIError
	if !errors.As(err, &api) || api.ErrorCode != codeConsumerNotUnique {
		return consumer, err
	}
	if err := c.removeRivals(ctx, stream, config); err != nil {
		return nil, err
	}
	return roundTrip(ctx, c.connection, request)
}

// otherSecret says why consumers of a stream may be named by another secret: once for all of
// the stream.
func otherSecret(stream string) error {
	return fmt.Errorf("stream %s: the stream of the leases was removed, or a worker of an older version is running: stop that one", stream)
}

// removeRivals removes consumers that are for the same messages as a new one, and were named
// by another secret. A worker of an older version makes such consumers when it is started on a
// hub whose secret it does not find. The consumers of a work queue must not overlap.
func (c consumers) removeRivals(ctx context.Context, stream string, config js.ConsumerConfig) error {
	secret, err := readSecret(ctx, c.connection)
	if err != nil {
		return err
	}
	if secret != c.codec.Key {
		return ErrSecretChanged
	}
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	list := s.ListConsumers(ctx)
	for rival := range list.Info() {
		if !isRival(rival.Config, config) {
			continue
		}
		c.warn("a consumer that was named by another secret was in the way and is removed", otherSecret(stream), "consumer", rival.Name)
		if err := c.remove(ctx, stream, rival.Name); err != nil && !errors.Is(err, js.ErrConsumerNotFound) {
			return err
		}
	}
	return list.Err()
}

// isRival reports whether two consumers differ in nothing but the secret in their names.
func isRival(rival, config js.ConsumerConfig) bool {
	at := len(config.Durable) - wire.SecretInName
	return rival.FilterSubject == config.FilterSubject && rival.Durable != config.Durable &&
		len(rival.Durable) == len(config.Durable) && rival.Durable[:at] == config.Durable[:at]
}
