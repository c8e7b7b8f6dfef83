package jetstream

import (
	"context"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

const (
	streamReaderWindow = 512
	// streamReaderTTL is after how long the server removes the consumer of a reader that died.
	streamReaderTTL = time.Minute
)

// streamReader reads a stream by a consumer of its own, which leaves no trace.
type streamReader struct {
	*pull.Feed
	consumers consumers
	stream    string
	consumer  string
	// pending is how many messages there were when it began.
	pending uint64
}

// readStream makes a consumer by the config and reads from it. Nothing is acked. The caller
// must call end.
func (c consumers) readStream(ctx context.Context, stream string, config js.ConsumerConfig) (*streamReader, error) {
	config.AckPolicy = js.AckNonePolicy
	config.MemoryStorage = true
	config.Replicas = 1
	config.InactiveThreshold = streamReaderTTL
	consumer, err := c.create(ctx, stream, config)
	if err != nil {
		return nil, err
	}
	info := consumer.CachedInfo()
	f := &streamReader{consumers: c, stream: stream, consumer: info.Name, pending: info.NumPending}
	f.Feed, err = pull.Start(ctx, c.nc, pull.Config{
		API: c.api, Stream: stream, Consumer: info.Name, Window: streamReaderWindow, Ordered: true,
	})
	if err != nil {
		f.remove(ctx)
		return nil, err
	}
	return f, nil
}

// end stops reading, waits until that is so, and removes the consumer.
func (f *streamReader) end(ctx context.Context) {
	f.Abandon()
	f.remove(ctx)
}

func (f *streamReader) remove(ctx context.Context) {
	if !f.consumers.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	if err := f.consumers.remove(ctx, f.stream, f.consumer); err != nil {
		f.consumers.log.Debug("consumer was not removed; the server will do it", keyError, err)
	}
}
