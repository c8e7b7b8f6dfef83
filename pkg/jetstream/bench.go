package jetstream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// linger is how long a worker that stops waits for work on its way to it.
const linger = 50 * time.Millisecond

// leastUnseen is for how many messages of a new session it is doubted that their first
// delivery is the first, at least: the session before may have had a higher limit.
const leastUnseen = 256

// keepAlivesMissed in a row, and work is handed out again.
const keepAlivesMissed = 3

// benchConfig says which work is handed out.
type benchConfig struct {
	// what it is called in logs and errors.
	what string
	// limit is how much may be at work at a time.
	limit int
	// stream, consumer and filter say where it comes from.
	stream, consumer, filter string
	// take reads a message and returns what is to be run for it, nil if it was put
	// elsewhere instead.
	take func(p wire.Delivered) func()
}

// bench hands out work: activities of one name, or messages of one queue. Feeds come
// and go; what is at work outlives them.
type bench struct {
	benchConfig
	hub *Hub

	// cancel ends the session, whose life no caller's context bounds.
	cancel context.CancelFunc
	done   chan struct{}
	err    error
	atWork sync.WaitGroup

	// opened is when the session was opened, by the hub's clock; unseen is how many more
	// messages may have been handed out before without the server knowing so.
	opened time.Time
	unseen int

	mu      sync.Mutex
	feed    *pull.Feed
	running int
}

func (h *Hub) openBench(ctx context.Context, config benchConfig) (hub.Session, error) {
	if config.limit < 1 {
		return nil, fmt.Errorf("%s: limit %d, must be at least 1", config.what, config.limit)
	}
	w := &bench{
		benchConfig: config, hub: h, done: make(chan struct{}),
		opened: h.clock.latest(), unseen: max(2*config.limit, leastUnseen),
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.cancel = cancel
	go w.run(life)
	return w, nil
}

// open makes sure that there is a consumer and starts to read from it.
func (w *bench) open(ctx context.Context) error {
	if err := w.makeConsumer(ctx); err != nil {
		return fmt.Errorf("open %s: %w", w.what, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := pull.Start(ctx, w.hub.nc, pull.Config{
		API: w.hub.api, Stream: w.stream, Consumer: w.consumer, Window: w.limit, Held: w.running, Linger: linger,
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", w.what, err)
	}
	w.feed = f
	return nil
}

// makeConsumer makes the durable consumer, which all workers share.
func (w *bench) makeConsumer(ctx context.Context) error {
	config := js.ConsumerConfig{
		Durable:       w.consumer,
		FilterSubject: w.filter,
		AckPolicy:     js.AckExplicitPolicy,
		AckWait:       keepAlivesMissed * w.hub.keepAlive,
		MaxAckPending: -1,
	}
	return w.hub.ensureConsumer(ctx, w.stream, config)
}

func (w *bench) run(ctx context.Context) {
	defer close(w.done)
	defer w.atWork.Wait()
	isOpen := true // the first feed is the opener's
	w.hub.loop("handing out of work was interrupted", keyWork, w.what).Run(ctx, func(ctx context.Context) error {
		if w.hub.nc.IsClosed() {
			w.err = nats.ErrConnectionClosed
			w.cancel()
			return w.err
		}
		if !isOpen {
			if err := w.open(ctx); err != nil {
				return err
			}
		}
		isOpen = false
		return w.handOutAll(ctx, w.feed)
	})
	if isOpen { // stopped before it began: what is on its way is given back
		_ = w.handOutAll(ctx, w.feed)
	}
}

// handOutAll hands out what the feed brings until it ends, and returns why it did.
func (w *bench) handOutAll(ctx context.Context, f *pull.Feed) error {
	stop := context.AfterFunc(ctx, f.Stop)
	defer stop()
	for p := range f.Out() {
		if f.Ended() {
			w.hub.giveBack(p.Msg)
			continue
		}
		p.Unsure = w.isUnsure(p)
		w.handOut(p)
	}
	for _, m := range f.Unread() {
		w.hub.giveBack(m)
	}
	return f.Err()
}

// isUnsure reports whether a message may have been handed out before the session was
// opened, though its delivery counts as the first: a server that is killed together with
// its worker, as an embedded one is, forgets what it has handed out within a tenth of a
// second. Such a message is among the first in line.
func (w *bench) isUnsure(p wire.Delivered) bool {
	if w.unseen == 0 || p.Ack.Attempt > 1 {
		return false
	}
	w.unseen--
	return p.Ack.Time().Before(w.opened)
}

func (w *bench) handOut(p wire.Delivered) {
	work := w.take(p)
	if work == nil {
		w.feed.Release()
		return
	}
	w.mu.Lock()
	w.running++
	w.mu.Unlock()
	w.atWork.Go(func() {
		defer w.finished()
		work()
	})
}

// finished gives the slot back to the feed there is now.
func (w *bench) finished() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	w.feed.Release()
}

// Stop ends the handing out and waits for what is at work.
func (w *bench) Stop() {
	w.cancel()
	<-w.done
}

// Done is closed when nothing more will be handed out and nothing is at work.
func (w *bench) Done() <-chan struct{} { return w.done }

// Err returns an error if the connection was closed under the session.
func (w *bench) Err() error {
	select {
	case <-w.done:
		return w.err
	default:
		return nil
	}
}

func (h *Hub) handout(p wire.Delivered) hub.Handout {
	return hub.Handout{
		Attempt:   p.Ack.Attempt,
		Again:     p.Ack.Attempt > 1 || p.Unsure,
		KeepAlive: func() error { return h.answer(p.Msg, wire.AckProgress) },
		Ack:       func() error { return h.ack(p.Msg) },
		Release:   func(delay time.Duration) error { return h.release(p.Msg, delay) },
	}
}
