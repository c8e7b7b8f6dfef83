package jetstream

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

// link is shared by the hubs on one connection. It knows when the connection breaks: a request
// that was made before is never answered, and the client library would wait for the answer as
// long as the caller's context lets it.
type link struct {
	js js.JetStream

	// side is the connection for leases and due timers.
	sideMu sync.Mutex
	side   side

	mu       sync.Mutex
	unbroken context.Context //nolint:containedctx // ends when the connection breaks
	breakOff context.CancelFunc
}

// linkKey is a connection, and the JetStream that is meant on it.
type linkKey struct {
	nc  *nats.Conn
	api string
}

// links are those of the connections that are not closed. A client of JetStream listens for
// its answers until its connection is closed. So there is one client for each connection,
// however many hubs are opened on it, and a hub has nothing to close.
var links = struct {
	sync.Mutex
	of map[linkKey]*link
}{of: map[linkKey]*link{}}

// linkOf returns the link of a connection, which ends with the connection.
func linkOf(nc *nats.Conn, api string) (*link, error) {
	links.Lock()
	defer links.Unlock()
	key := linkKey{nc, api}
	if l := links.of[key]; l != nil {
		return l, nil
	}
	client, err := js.NewWithAPIPrefix(nc, api, js.WithPublishAsyncMaxPending(maxPending), js.WithPublishAsyncTimeout(ackTimeout))
	if err != nil {
		return nil, err
	}
	l := &link{js: client}
	l.unbroken, l.breakOff = context.WithCancel(context.Background())
	status := nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	if nc.IsClosed() { // perhaps before anybody listened
		nc.RemoveStatusListener(status)
		l.breakOff()
		return l, nil
	}
	links.of[key] = l
	go l.watch(key, status)
	return l, nil
}

func (l *link) watch(key linkKey, status chan nats.Status) {
	defer key.nc.RemoveStatusListener(status)
	for s := range status {
		l.mu.Lock()
		l.breakOff()
		if s != nats.CLOSED {
			l.unbroken, l.breakOff = context.WithCancel(context.Background())
		}
		l.mu.Unlock()
		if s == nats.CLOSED {
			links.Lock()
			delete(links.of, key)
			links.Unlock()
			l.closeSide()
			return
		}
	}
}

// bind returns a context that also ends, by pull.ErrDisconnected, when the connection
// breaks.
func (l *link) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	l.mu.Lock()
	unbroken := l.unbroken
	l.mu.Unlock()
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(unbroken, func() { end(pull.ErrDisconnected) })
	return ctx, func() {
		stop()
		end(nil)
	}
}
