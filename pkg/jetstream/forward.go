package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/history"
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

// forwarder hands on timers that are due, as control messages. They come from a
// stream of their own, so the server cannot do it. Like a partition it has one owner,
// and whoever takes over gets everything again that is not acked. That is: a timer is
// handed on at least once, within the duplicate window only once, and a second time
// changes nothing, since the engine knows which timers are open.
type forwarder struct {
	hub  *Hub
	feed *feed
	sent chan forwarded
	done chan struct{}
}

// forwarded is a timer on its way.
type forwarded struct {
	timer   pulled
	receipt receipt
}

func (h *Hub) forwardTimers(ctx context.Context) (*forwarder, error) {
	feed, err := h.openOwned(ctx, h.names.allDue(), feedConfig{
		stream: h.names.timerStream(), consumer: h.salt.consumer(timersConsumer),
		group: rand.Text()[:groupSize], window: timersWindow, ordered: true,
	})
	if err != nil {
		return nil, err
	}
	f := &forwarder{hub: h, feed: feed, sent: make(chan forwarded, timersWindow), done: make(chan struct{})}
	go f.send()
	go f.settle()
	return f, nil
}

// stop ends it and waits until what is on its way has arrived.
func (f *forwarder) stop() {
	f.feed.stop()
	<-f.done
}

// failure returns why it ended by itself. It may be called once it has ended.
func (f *forwarder) failure() error {
	if err := f.feed.failure(); err != nil {
		return fmt.Errorf("handing on of timers: %w", err)
	}
	return nil
}

// send publishes what comes, without waiting for one before the next.
func (f *forwarder) send() {
	defer close(f.sent)
	for p := range f.feed.out {
		if f.feed.ended() {
			continue
		}
		m, err := f.hub.firedMessage(p)
		if err != nil {
			f.hub.reject(p, err.Error())
			f.feed.release()
			continue
		}
		f.sent <- forwarded{p, f.hub.publish(context.Background(), m)}
	}
}

// settle acks what has arrived. What has not comes again.
func (f *forwarder) settle() {
	defer close(f.done)
	for s := range f.sent {
		if err := f.settleOne(s); err != nil {
			f.hub.log.Warn("timer was not handed on and comes again", keySubject, s.timer.Subject, keyError, err)
		}
		f.feed.release()
	}
}

func (f *forwarder) settleOne(s forwarded) error {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	if _, err := s.receipt.wait(ctx); err != nil {
		again := fmt.Appendf(nil, "%s {\"delay\": %d}", ackAgain, timerRetry.Nanoseconds())
		return errors.Join(err, f.hub.nc.Publish(s.timer.Reply, again))
	}
	return f.hub.ack(s.timer.Msg)
}

// firedMessage is what a timer says when it is due, from the subject where it is
// then: <hub>.due.<instance>.<execution>.<task>. Its number is part of the message id:
// a timer that is set again fires again.
func (h *Hub) firedMessage(due pulled) (*nats.Msg, error) {
	parts := strings.Split(due.Subject, ".")
	if len(parts) != 5 {
		return nil, fmt.Errorf("subject has %d parts, must have 5", len(parts))
	}
	instance, err := decodeToken(parts[2])
	if err != nil {
		return nil, err
	}
	execution, err := decodeToken(parts[3])
	if err != nil {
		return nil, err
	}
	number := history.Message{Arg: parts[4]}.Task()
	if number == 0 {
		return nil, fmt.Errorf("%q is not a task number", parts[4])
	}
	t, err := newTask(instance, execution, number)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: h.names.fired(t), Header: nats.Header{
		headerExecution: {execution},
		js.MsgIDHeader:  {h.salt.id(t.id() + "/" + string(history.VerbFired) + "/" + strconv.FormatUint(due.ack.streamSeq, 10))},
	}}, nil
}
