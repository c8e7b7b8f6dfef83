package jetstream

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
)

// link knows when the connection breaks. What the server was asked before that is
// never answered, and the client library would wait for the answer as long as the
// caller's context lets it.
type link struct {
	mu       sync.Mutex
	unbroken context.Context //nolint:containedctx // ends when the connection breaks
	breakOff context.CancelFunc
}

// newLink begins to watch the connection; that ends with it.
func newLink(nc *nats.Conn) *link {
	l := &link{}
	l.unbroken, l.breakOff = context.WithCancel(context.Background())
	go l.watch(nc.StatusChanged(nats.RECONNECTING, nats.CLOSED))
	return l
}

func (l *link) watch(status <-chan nats.Status) {
	for s := range status {
		l.mu.Lock()
		l.breakOff()
		if s != nats.CLOSED {
			l.unbroken, l.breakOff = context.WithCancel(context.Background())
		}
		l.mu.Unlock()
		if s == nats.CLOSED {
			return
		}
	}
}

// bind returns a context that also ends, by errDisconnected, when the connection
// breaks.
func (l *link) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	l.mu.Lock()
	unbroken := l.unbroken
	l.mu.Unlock()
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(unbroken, func() { end(errDisconnected) })
	return ctx, func() {
		stop()
		end(nil)
	}
}

// ask makes a request. It fails when the connection breaks, and when there is no
// answer in time.
func ask[T any](ctx context.Context, h *Hub, request func(context.Context) (T, error)) (T, error) {
	ctx, done := h.link.bind(ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	answer, err := request(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errDisconnected) {
		err = errDisconnected
		if h.nc.IsClosed() { // for good
			err = nats.ErrConnectionClosed
		}
	}
	return answer, sendError(err)
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
