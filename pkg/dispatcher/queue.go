package dispatcher

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Queue says how the messages of a queue are dealt with. Nothing of it may be zero.
type Queue struct {
	Name string
	// Limit is how many messages are dealt with at a time.
	Limit int
	// MaxDeliveries is after how many failed deliveries a message goes to the poison
	// queue.
	MaxDeliveries int
	// FirstRetry is the pause after the first failed delivery. Each later one is twice
	// as long, up to MaxRetry.
	FirstRetry, MaxRetry time.Duration
	// Handle deals with one message and returns how it failed, nil if it did not.
	Handle func(ctx context.Context, m hub.QueueMessage, attempt int) *history.Failure
}

// pause is how long a message waits after that many deliveries.
func (q *Queue) pause(deliveries int) time.Duration {
	pause := q.FirstRetry
	for ; deliveries > 1 && pause < q.MaxRetry; deliveries-- {
		pause *= 2
	}
	return min(pause, q.MaxRetry)
}

// serveQueue deals with the messages of a queue until ctx ends, then lets those at
// work finish.
func (d *Dispatcher) serveQueue(ctx context.Context, q Queue) {
	d.handOut(ctx, fmt.Sprintf("queue %q", q.Name), func(ctx context.Context) (Session, error) {
		return d.hub.Consume(ctx, q.Name, q.Limit, func(m hub.QueueDelivery) { d.deal(&q, m) })
	})
}

// deal deals with one message: handle → ack. A crash before the ack brings it back,
// to be handled again. A message whose runs have all come to no end, such as one that
// kills its worker, is not handled once more.
func (d *Dispatcher) deal(q *Queue, m hub.QueueDelivery) {
	d.idle.begin()
	defer d.idle.end()
	before, err := d.beginRun(q, m)
	switch {
	case err != nil:
		d.warn(d.work, "it could not be found out how often a message was tried; it waits", err)
		d.putBack(m, q.FirstRetry)
		return
	case before >= q.MaxDeliveries:
		d.poison(m, "no worker came to an end with it", before)
		return
	}
	run := before + 1
	stop := d.keepAlive(m.KeepAlive, keyQueue, m.Queue, keyMessage, m.ID)
	failure := q.Handle(d.work, m.QueueMessage, run)
	stop()
	switch {
	case failure == nil:
		if err := m.Ack(); err != nil {
			d.log.Debug("message was not acked and may come again", keyQueue, m.Queue, keyMessage, m.ID, keyError, err)
		}
	case d.work.Err() != nil:
		d.giveUpRun(m, before)
	case failure.NonRetryable, run >= q.MaxDeliveries:
		d.poison(m, reasonOf(failure), run, stackOf(failure)...)
	default:
		pause := q.pause(run)
		d.log.Warn("message could not be dealt with and is tried again", keyQueue, m.Queue, keyMessage, m.ID,
			"delivery", run, "after", pause, keyError, reasonOf(failure))
		d.putBack(m, pause)
	}
}

// beginRun returns how many runs of a message count before the one that begins now: those
// that failed, and those that have not come back. Where it is not the first delivery, or
// may not be, it is noted before a run begins that it has not come back yet. The hub's own number does not
// do: it also counts what was given back, or was lost on its way to a worker.
func (d *Dispatcher) beginRun(q *Queue, m hub.QueueDelivery) (before int, err error) {
	if !m.Again {
		return 0, nil
	}
	before, err = m.Runs(d.work)
	if err == nil && before < q.MaxDeliveries {
		err = m.Note(d.work, before+1)
	}
	return before, err
}

// giveUpRun gives a message back whose run was cut off in order: that run does not count.
func (d *Dispatcher) giveUpRun(m hub.QueueDelivery, before int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.work), cutPatience/2)
	defer cancel()
	if err := m.Note(ctx, before); err != nil {
		d.log.Debug("it could not be noted that a message was given back", keyQueue, m.Queue, keyMessage, m.ID, keyError, err)
	}
	d.putBack(m, 0)
}

// reasonOf is what is kept of a failure with the message.
func reasonOf(f *history.Failure) string {
	if f.Type == "panic" {
		return "panic: " + f.Message
	}
	return f.Message
}

// stackOf is the stack of a panic, for the log.
func stackOf(f *history.Failure) []any {
	if f.Stack == "" {
		return nil
	}
	return []any{keyStack, f.Stack}
}

// poison moves a message to the poison queue, or lets it come again.
func (d *Dispatcher) poison(m hub.QueueDelivery, reason string, deliveries int, details ...any) {
	log := d.log.With(keyQueue, m.Queue, keyMessage, m.ID, "deliveries", deliveries, "reason", reason)
	if err := m.Reject(reason, deliveries); err != nil {
		log.Error("message was not put into the poison queue and comes again", keyError, err)
		d.putBack(m, retry.DefaultLongest)
		return
	}
	log.Error("message is in the poison queue", details...)
}

func (d *Dispatcher) putBack(m hub.QueueDelivery, delay time.Duration) {
	if err := m.Release(delay); err != nil {
		d.log.Debug("message was not given back and comes again later", keyQueue, m.Queue, keyMessage, m.ID, keyError, err)
	}
}
