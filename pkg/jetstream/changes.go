package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
)

// checkEvery is how often the listener makes sure that it has heard of every change.
// A change that the network lost is noticed after twice as long at the latest.
const checkEvery = 30 * time.Second

// anyInstance stands in the place of an instance's token for all of them.
const anyInstance = ""

// changes keeps the promises of [hub.Changes]. The server publishes every change of the stream
// of records; one subscription hears them all, for as long as there is a waiter.
type changes struct {
	*connection
	clustered bool

	mu      sync.Mutex
	waiters map[string]map[*waiter]struct{} // by the instance's token
	current *listener                       // nil while nobody waits
}

// waiter is told of the changes of one instance. Its channel has room for one token,
// which stands for all changes that its reader has not seen.
type waiter struct{ tokens chan struct{} }

func (w *waiter) wake() {
	select {
	case w.tokens <- struct{}{}:
	default:
	}
}

// join begins to tell w of the changes of the instance with that token, or of any, and
// returns when no later change can be missed. The caller must call leave if there is no error.
func (c *changes) join(ctx context.Context, token string, w *waiter) error {
	c.mu.Lock()
	if c.current == nil {
		l, err := c.listen()
		if err != nil {
			c.mu.Unlock()
			return err
		}
		c.current = l
	}
	l := c.current
	if c.waiters[token] == nil {
		c.waiters[token] = map[*waiter]struct{}{}
	}
	c.waiters[token][w] = struct{}{}
	c.mu.Unlock()

	err := ctx.Err()
	select {
	case <-l.ready:
		err = errors.Join(err, l.err)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		c.leave(token, w)
	}
	return err
}

// leave ends what join began, and closes the channel of the waiter. When the last waiter
// leaves, the subscription ends.
func (c *changes) leave(token string, w *waiter) {
	c.mu.Lock()
	delete(c.waiters[token], w)
	if len(c.waiters[token]) == 0 {
		delete(c.waiters, token)
	}
	close(w.tokens)
	l := c.current
	if len(c.waiters) > 0 {
		l = nil
	} else {
		c.current = nil
	}
	c.mu.Unlock()
	if l != nil {
		l.end()
	}
}

// wakeAll wakes every waiter. The caller holds the lock.
func (c *changes) wakeAll() {
	for _, waiters := range c.waiters {
		for w := range waiters {
			w.wake()
		}
	}
}

// listen subscribes. The caller holds the lock.
func (c *changes) listen() (*listener, error) {
	l := &listener{changes: c, ready: make(chan struct{}), done: make(chan struct{})}
	nc := c.nc
	var err error
	if l.sub, err = nc.Subscribe(c.codec.Names.Changes.All(), l.hear); err != nil {
		return nil, fmt.Errorf("listen for changes: %w", err)
	}
	l.status = nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(context.Background())
	go l.run(ctx)
	return l, nil
}

// lastChange returns the number of the last message in the value stream. It returns an
// error wrapping [ErrOutdated] for a stream that does not publish its changes.
func (c *changes) lastChange(ctx context.Context) (uint64, error) {
	var response struct {
		Error  *js.APIError    `json:"error"`
		Config js.StreamConfig `json:"config"`
		State  struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
	}
	subject := c.codec.Names.Changes.All()
	if err := c.call(ctx, "STREAM.INFO."+c.codec.Names.Streams.Values, nil, &response); err != nil {
		return 0, err
	}
	switch refused := c.nc.LastError(); {
	case response.Error != nil:
		return 0, response.Error
	case response.Config.RePublish == nil:
		return 0, ErrOutdated
	case errors.Is(refused, nats.ErrPermissionViolation) && strings.Contains(refused.Error(), `"`+subject+`"`):
		return 0, fmt.Errorf("this login may not listen for changes: %w", refused)
	}
	return response.State.Last, nil
}
