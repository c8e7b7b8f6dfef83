package jetstream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// linger is how long a worker that stops waits for work on its way to it.
const linger = 50 * time.Millisecond

// leastUnseen is the smallest number of messages at the front of a new session whose first
// delivery may not be their first: the session before may have had a higher limit.
const leastUnseen = 256

// keepAlivesMissed is how many keep-alives in a row may be missing before work is handed out
// again.
const keepAlivesMissed = 3

// workQueueConfig says which work is handed out.
type workQueueConfig struct {
	// title names the work in logs and errors.
	title string
	// limit is how many messages may be at work at a time.
	limit int
	// stream, consumer and filter say where it comes from.
	stream, consumer, filter string
	// read reads a message and returns the function to run for it; nil if the message was put
	// elsewhere.
	read func(p wire.Delivered) func()
}

// workQueue hands out work: activities of one name, or messages of one queue. Feeds come and
// go; a run outlives the feed that brought it.
type workQueue struct {
	workQueueConfig
	work *work

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

// open makes sure that there is a consumer and starts to read from it.
func (w *workQueue) open(ctx context.Context) error {
	if err := w.makeConsumer(ctx); err != nil {
		return fmt.Errorf("open %s: %w", w.title, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := pull.Start(ctx, w.work.nc, pull.Config{
		API: w.work.api, Stream: w.stream, Consumer: w.consumer, Window: w.limit, Held: w.running, Linger: linger,
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", w.title, err)
	}
	w.feed = f
	return nil
}

// makeConsumer makes the durable consumer, which all workers share.
func (w *workQueue) makeConsumer(ctx context.Context) error {
	config := js.ConsumerConfig{
		Durable:       w.consumer,
		FilterSubject: w.filter,
		AckPolicy:     js.AckExplicitPolicy,
		AckWait:       keepAlivesMissed * w.work.interval,
		MaxAckPending: -1,
	}
	return consumers{w.work.connection}.ensure(ctx, w.stream, config)
}

func (w *workQueue) run(ctx context.Context) {
	defer close(w.done)
	defer w.atWork.Wait()
	isOpen := true // the first feed is the opener's
	w.work.loop("handing out of work was interrupted", keyWork, w.title).Run(ctx, func(ctx context.Context) error {
		if w.work.nc.IsClosed() {
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
	if isOpen { // stopped before it began: messages on their way are given back
		_ = w.handOutAll(ctx, w.feed)
	}
}

// handOutAll hands out the messages of the feed until it ends, and returns why it ended.
func (w *workQueue) handOutAll(ctx context.Context, f *pull.Feed) error {
	stop := context.AfterFunc(ctx, f.Stop)
	defer stop()
	for p := range f.Out() {
		if f.Ended() {
			w.work.giveBack(p.Msg)
			continue
		}
		p.Unsure = w.isUnsure(p)
		w.handOut(p)
	}
	for _, m := range f.Unread() {
		w.work.giveBack(m)
	}
	return f.Err()
}

// isUnsure reports whether a message may have been handed out before the session was opened,
// though its delivery counts as the first. A server that is killed together with its worker,
// as an embedded one is, forgets the deliveries of the last tenth of a second. Such a message
// is among the first in line.
func (w *workQueue) isUnsure(p wire.Delivered) bool {
	if w.unseen == 0 || p.Ack.Attempt > 1 {
		return false
	}
	w.unseen--
	return p.Ack.Time().Before(w.opened)
}

func (w *workQueue) handOut(p wire.Delivered) {
	work := w.read(p)
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
func (w *workQueue) finished() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	w.feed.Release()
}

// Stop ends the handing out and waits for the runs at work.
func (w *workQueue) Stop() {
	w.cancel()
	<-w.done
}

// Done is closed when nothing more will be handed out and nothing is at work.
func (w *workQueue) Done() <-chan struct{} { return w.done }

// Err returns an error if the connection was closed under the session.
func (w *workQueue) Err() error {
	select {
	case <-w.done:
		return w.err
	default:
		return nil
	}
}
