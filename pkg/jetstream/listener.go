package jetstream

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// listener is the subscription to all changes of a hub. It notices changes that it has missed:
// the numbers of the stream have no gaps, and it asks for the last number at intervals.
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

func (l *listener) end() {
	l.cancel()
	<-l.done
}

// run keeps watch over the subscription until ctx ends.
func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	nc := l.changes.nc
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
			l.changes.log.Debug("it is not known whether all changes were heard of; trying again", keyError, err)
		}
	}
}

// reconnected wakes everybody, since changes may have been missed meanwhile.
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
	for _, token := range []string{strings.TrimPrefix(m.Subject, c.codec.Names.Changes.Of("")), anyInstance} {
		for w := range c.waiters[token] {
			w.wake()
		}
	}
}

// check asks for the number of the last change. The listener must have heard of every change
// that was stored by the time of the check before.
func (l *listener) check(ctx context.Context) error {
	c := l.changes
	c.mu.Lock()
	before := l.heard
	c.mu.Unlock()
	last, err := c.lastChange(ctx)
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
