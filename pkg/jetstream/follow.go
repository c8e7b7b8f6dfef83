package jetstream

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"

	js "github.com/nats-io/nats.go/jetstream"
)

const (
	followWindow = 512
	// followerTTL is after how long the server removes the consumer of a reader
	// that died.
	followerTTL = time.Minute
)

// follower reads a stream by a consumer of its own, which leaves no trace.
type follower struct {
	*pull.Feed
	hub      *Hub
	stream   string
	consumer string
	// pending is how many messages there were when it began.
	pending uint64
}

// follow makes a consumer and reads from it. The config says what; nothing is
// acked. The caller must call end.
func (h *Hub) follow(ctx context.Context, stream string, config js.ConsumerConfig) (*follower, error) {
	config.AckPolicy = js.AckNonePolicy
	config.MemoryStorage = true
	config.Replicas = 1
	config.InactiveThreshold = followerTTL
	consumer, err := h.createConsumer(ctx, stream, config)
	if err != nil {
		return nil, err
	}
	info := consumer.CachedInfo()
	f := &follower{hub: h, stream: stream, consumer: info.Name, pending: info.NumPending}
	f.Feed, err = pull.Start(ctx, h.nc, pull.Config{
		API: h.api, Stream: stream, Consumer: info.Name, Window: followWindow, Ordered: true,
	})
	if err != nil {
		f.remove(ctx)
		return nil, err
	}
	return f, nil
}

// end stops reading, waits until that is so, and removes the consumer.
func (f *follower) end(ctx context.Context) {
	f.Abandon()
	f.remove(ctx)
}

func (f *follower) remove(ctx context.Context) {
	if !f.hub.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	if err := f.hub.deleteConsumer(ctx, f.stream, f.consumer); err != nil {
		f.hub.log.Debug("consumer was not removed; the server will do it", keyError, err)
	}
}
