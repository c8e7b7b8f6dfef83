package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// checkEvery is how often the listener makes sure that it has heard of every change.
// A change that the network lost is noticed after twice as long at the latest.
const checkEvery = 30 * time.Second

// anyInstance stands in the place of an instance's token for all of them.
const anyInstance = ""

// changes tells waiters of the changes of instances. The server publishes every change of
// the value stream; one subscription hears them all, for as long as there is a waiter.
type changes struct {
	hub *Hub

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

// leave ends what join began, and closes the waiter's channel. The last one to leave ends
// the subscription.
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

// listener is the subscription to all changes of a hub. It notices what it misses: the
// numbers of the stream have no gaps, and it asks for the last one now and then.
type listener struct {
	changes *changes
	sub     *nats.Subscription
	status  chan nats.Status
	cancel  context.CancelFunc
	// ready is closed when the server has taken the subscription, or err says why not.
	ready chan struct{}
	err   error
	done  chan struct{}

	// heard is the number of the last change that was heard of, if that is known; due is
	// the number that must have been heard of at the next check; dropped is how many
	// messages the client library has dropped because they came too fast. The lock of
	// changes guards them.
	heard, due uint64
	known      bool
	dropped    int
}

// listen subscribes. The caller holds the lock.
func (c *changes) listen() (*listener, error) {
	l := &listener{changes: c, ready: make(chan struct{}), done: make(chan struct{})}
	nc := c.hub.nc
	var err error
	if l.sub, err = nc.Subscribe(c.hub.codec.Names.Changes.All(), l.hear); err != nil {
		return nil, fmt.Errorf("listen for changes: %w", err)
	}
	l.status = nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(context.Background())
	go l.run(ctx)
	return l, nil
}

func (l *listener) end() {
	l.cancel()
	<-l.done
}

// run keeps watch over the subscription until ctx ends.
func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	nc := l.changes.hub.nc
	defer nc.RemoveStatusListener(l.status)
	defer func() { _ = l.sub.Unsubscribe() }() // it fails only where the connection is closed
	// After a reconnect everybody is woken in any case.
	if err := l.check(ctx); !errors.Is(err, hub.ErrUnreachable) {
		l.err = err
	}
	close(l.ready)
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case _, open := <-l.status:
			l.reconnected()
			if !open {
				<-ctx.Done()
				return
			}
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := l.check(ctx); err != nil && ctx.Err() == nil {
			l.changes.hub.log.Debug("it is not known whether all changes were heard of; trying again", keyError, err)
		}
	}
}

// reconnected wakes everybody, for what was not heard meanwhile.
func (l *listener) reconnected() {
	l.changes.mu.Lock()
	defer l.changes.mu.Unlock()
	l.known = false
	l.changes.wakeAll()
}

// hear takes in one change.
func (l *listener) hear(m *nats.Msg) {
	number, err := strconv.ParseUint(m.Header.Get(js.SequenceHeader), 10, 64)
	if err != nil {
		return // nothing that the server has published
	}
	dropped, _ := m.Sub.Dropped() // of a subscription that has ended there is nothing to know
	c := l.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	if missed := l.known && number > l.heard+1; missed || dropped > l.dropped {
		c.wakeAll()
	}
	l.dropped = max(l.dropped, dropped)
	l.heard = max(l.heard, number)
	for _, token := range []string{strings.TrimPrefix(m.Subject, c.hub.codec.Names.Changes.Of("")), anyInstance} {
		for w := range c.waiters[token] {
			w.wake()
		}
	}
}

// check asks for the number of the last change. What had been stored by the time of the
// check before must have been heard of by now.
func (l *listener) check(ctx context.Context) error {
	c := l.changes
	c.mu.Lock()
	before := l.heard
	c.mu.Unlock()
	last, err := c.hub.lastChange(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	isAnother := last < before // the stream was removed and made anew
	if l.known && (l.due > l.heard || isAnother) {
		c.wakeAll()
	}
	if !l.known || isAnother {
		l.heard = last
	}
	l.heard = max(l.heard, min(l.due, last))
	l.known, l.due = true, last
	return nil
}

// lastChange returns the number of the last message in the value stream. It returns an
// error wrapping [ErrOutdated] for a stream that does not publish its changes.
func (h *Hub) lastChange(ctx context.Context) (uint64, error) {
	var response struct {
		Error  *js.APIError    `json:"error"`
		Config js.StreamConfig `json:"config"`
		State  struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
	}
	subject := h.codec.Names.Changes.All()
	if err := h.call(ctx, "STREAM.INFO."+h.codec.Names.Streams.Values, nil, &response); err != nil {
		return 0, err
	}
	switch refused := h.nc.LastError(); {
	case response.Error != nil:
		return 0, response.Error
	case response.Config.RePublish == nil:
		return 0, ErrOutdated
	case errors.Is(refused, nats.ErrPermissionViolation) && strings.Contains(refused.Error(), `"`+subject+`"`):
		return 0, fmt.Errorf("this login may not listen for changes: %w", refused)
	}
	return response.State.Last, nil
}
