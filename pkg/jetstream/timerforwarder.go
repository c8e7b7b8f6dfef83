package jetstream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

const (
	// timersPartition is the partition whose owner hands timers on.
	timersPartition = 0
	// timersConsumer reads the timers that are due.
	timersConsumer = "due"
	// timersWindow is how many timers are handed on at a time.
	timersWindow = 1024
	// timerRetry is after how long a timer that could not be handed on comes again.
	timerRetry = time.Second
)

// timerForwarder hands on timers that are due, as control messages. They come from a stream of
// their own, so the server cannot do it. Like a partition it has one owner, and a new owner
// gets everything again that is not acked. So a timer is handed on at least once, and within
// the duplicate window only once; a second time changes nothing, since the engine knows which
// timers are open.
//
// After an interruption it goes on by itself, unless somebody else has the partition by then.
// So of several workers that take over partition and timers at once, one ends up with both.
type timerForwarder struct {
	*connection
	// second is the connection on which due timers do not wait behind the work.
	second *connection
	// partition is the feed that its owner reads.
	partition pull.Config

	// begun is called when it has taken the timers over, or has failed to.
	begun func()
	// cancel ends it, whose life no caller's context bounds.
	cancel context.CancelFunc
	done   chan struct{}

	// failing is set while timers are not handed on.
	failing bool
}

// forwarded is a timer on its way.
type forwarded struct {
	timer   wire.Delivered
	receipt receipt
}

// forwardTimers hands timers on from now on. If it cannot begin it goes on trying.
func (i *inbox) forwardTimers(ctx context.Context, partition pull.Config) *timerForwarder {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	begun := make(chan struct{})
	f := &timerForwarder{
		connection: i.connection, partition: partition, begun: sync.OnceFunc(func() { close(begun) }), cancel: cancel, done: make(chan struct{}),
	}
	go f.run(life)
	select {
	case <-begun:
	case <-ctx.Done():
	}
	return f
}

// stop ends it and waits until the timers on their way have arrived.
func (f *timerForwarder) stop() {
	f.cancel()
	<-f.done
}

func (f *timerForwarder) run(ctx context.Context) {
	defer close(f.done)
	f.loop("handing on of timers was interrupted").Run(ctx, func(ctx context.Context) error {
		err := f.handOn(ctx)
		f.begun()
		if errors.Is(err, errOvertaken) {
			f.cancel()
		}
		return err
	})
}

// errOvertaken ends the handing on for good.
var errOvertaken = errors.New("somebody else has the partition")

// handOn takes the timers over and hands them on, until that breaks off.
func (f *timerForwarder) handOn(ctx context.Context) error {
	if err := f.checkPartition(ctx); err != nil {
		return err
	}
	f.second = f.urgent()
	due, _, err := consumers{f.second}.open(ctx, f.codec.Names.Timers.AllDue(), pull.Config{
		API: f.api, Stream: f.codec.Names.Streams.Timers, Consumer: f.codec.Key.Consumer(timersConsumer),
		Group: newGroup(), Window: timersWindow, Ordered: true,
	})
	if err != nil {
		return err
	}
	f.begun()
	defer context.AfterFunc(ctx, due.Stop)()
	sent := make(chan forwarded, timersWindow)
	go f.send(due, sent)
	for s := range sent {
		f.finish(s)
		due.Release()
	}
	return due.Err()
}

// checkPartition fails if the partition is not its owner's any more, or if that cannot be
// told.
func (f *timerForwarder) checkPartition(ctx context.Context) error {
	groups, err := consumers{f.connection}.groups(ctx, f.partition.Stream, f.partition.Consumer)
	if err == nil && !slices.Contains(groups, f.partition.Group) {
		err = errOvertaken
	}
	return err
}

// send publishes the timers that come, without waiting for one before the next.
func (f *timerForwarder) send(due *pull.Feed, sent chan<- forwarded) {
	defer close(sent)
	for p := range due.Out() {
		if due.Ended() {
			continue
		}
		m, err := f.second.codec.Fired(p)
		if err != nil {
			f.second.reject(p, err.Error())
			due.Release()
			continue
		}
		sent <- forwarded{p, f.second.publish(context.Background(), m)}
	}
}

// finish acks a timer that has arrived; others come again. Of many failures in a row the first
// is logged.
func (f *timerForwarder) finish(s forwarded) {
	err := f.ackStored(s)
	if err != nil && !f.failing {
		f.warn("a timer was not handed on; it and others come again until that succeeds", err, keySubject, s.timer.Subject)
	}
	f.failing = err != nil
}

func (f *timerForwarder) ackStored(s forwarded) error {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	if _, err := s.receipt.wait(ctx); err != nil {
		return errors.Join(err, f.second.release(s.timer.Msg, timerRetry))
	}
	return f.second.ack(s.timer.Msg)
}
