package jetstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// The hub's secret, from which message ids and names of consumers are made, is one message
// in the bucket of the leases, which only workers may read. It must not stand in the
// metadata of a stream, as it once did: the server's monitoring shows those to anybody who
// can reach its port.

// ErrSecretChanged: the hub has another secret than when it was opened.
var ErrSecretChanged = errors.New("the hub's secret was replaced while this worker was running, for instance by removing a stream of the hub: restart the worker")

// agreeOnSecret returns the hub's secret. If there is none yet it becomes that of the
// metadata of the timer stream, where older versions kept it, and otherwise a new one. Of
// several workers that get here at the same time one stores the secret, and the others
// read it.
//
// The caller must have read the metadata before. The secret is removed from the metadata
// only after it was stored, so when it is found in neither place there is none yet. It stays
// in the metadata as long as workers of an older version are running: if one of them were
// started again it would not find the secret, and could not open the partitions that fall to it.
func (h *Hub) agreeOnSecret(ctx context.Context, timers js.Stream) (wire.IDKey, error) {
	old := timers.CachedInfo().Config.Metadata[metaSalt]
	secret, err := h.storeSecret(ctx, cmp.Or(h.codec.Key, wire.IDKey(old), wire.IDKey(rand.Text())))
	if err != nil {
		return "", fmt.Errorf("agree on the hub's secret: %w", err)
	}
	if old != "" && old != string(secret) {
		h.log.Warn("the timer stream was made by an older version of Dormouse, with another secret: stop its workers")
	}
	h.oldSecret.Store(old != "")
	return secret, nil
}

// storeSecret stores the secret if there is none, and returns the one that is stored.
func (h *Hub) storeSecret(ctx context.Context, secret wire.IDKey) (wire.IDKey, error) {
	stored, err := h.readSecret(ctx)
	if !errors.Is(err, js.ErrMsgNotFound) {
		return stored, err
	}
	m := &nats.Msg{Subject: h.codec.Names.Fleet.Secret(), Header: nats.Header{}, Data: []byte(secret)}
	wire.Expect(m, 0)
	_, err = h.publish(ctx, m).wait(ctx)
	if errors.Is(err, hub.ErrConflict) {
		return h.readSecret(ctx) // another worker was faster
	}
	return secret, err
}

// readSecret returns the secret that is stored; [js.ErrMsgNotFound] if there is none.
func (h *Hub) readSecret(ctx context.Context) (wire.IDKey, error) {
	m, err := h.latest(ctx, h.codec.Names.Streams.Fleet, h.codec.Names.Fleet.Secret())
	if err != nil {
		return "", err
	}
	return wire.IDKey(m.Data), nil
}

// retireOldSecret removes the secret from where monitoring shows it, which it does once. It
// must be called when no worker is there that may have to read it.
func (h *Hub) retireOldSecret(ctx context.Context) {
	if !h.oldSecret.CompareAndSwap(true, false) {
		return
	}
	err := h.removeOldSecret(ctx)
	if err == nil {
		h.log.Info("the hub's secret was removed from the metadata of a stream, where monitoring shows it")
	} else if ctx.Err() == nil {
		h.log.Warn("the hub's secret still stands in the metadata of a stream, where monitoring shows it; "+
			"the next worker that is started tries again to remove it", keyError, err)
	}
}

func (h *Hub) removeOldSecret(ctx context.Context) error {
	timers, err := h.js.Stream(ctx, h.codec.Names.Streams.Timers)
	if err != nil {
		return err
	}
	config := timers.CachedInfo().Config
	config.Metadata = maps.Clone(config.Metadata)
	delete(config.Metadata, metaSalt)
	_, err = h.js.UpdateStream(ctx, config)
	return err
}

// withoutRivals makes a consumer, if need be after those that are in its way were removed.
func (h *Hub) withoutRivals(
	ctx context.Context, stream string, config js.ConsumerConfig,
	make func(context.Context, string, js.ConsumerConfig) (js.Consumer, error),
) (js.Consumer, error) {
	request := func(ctx context.Context) (js.Consumer, error) { return make(ctx, stream, config) }
	consumer, err := ask(ctx, h, request)
	var api *js.APIError
	if !errors.As(err, &api) || api.ErrorCode != codeConsumerNotUnique {
		return consumer, err
	}
	if err := h.removeRivals(ctx, stream, config); err != nil {
		return nil, err
	}
	return ask(ctx, h, request)
}

// otherSecret says why consumers of a stream may be named by another secret: once for all of
// the stream.
func otherSecret(stream string) error {
	return fmt.Errorf("stream %s: the stream of the leases was removed, or a worker of an older version is running: stop that one", stream)
}

// removeRivals removes the consumers that are for the same messages as one that is to be
// made, and were named by another secret. A worker of an older version makes such ones
// when it is started on a hub whose secret it does not find. The consumers of a stream
// that is a work queue must not overlap.
func (h *Hub) removeRivals(ctx context.Context, stream string, config js.ConsumerConfig) error {
	secret, err := h.readSecret(ctx)
	if err != nil {
		return err
	}
	if secret != h.codec.Key {
		return ErrSecretChanged
	}
	s, err := h.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	list := s.ListConsumers(ctx)
	for rival := range list.Info() {
		if !isRival(rival.Config, config) {
			continue
		}
		h.warn("a consumer that was named by another secret was in the way and is removed", otherSecret(stream), "consumer", rival.Name)
		if err := h.deleteConsumer(ctx, stream, rival.Name); err != nil && !errors.Is(err, js.ErrConsumerNotFound) {
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
