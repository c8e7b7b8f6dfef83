package work

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/mark"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Queues hands the messages of queues to their functions.
type Queues struct {
	desk
	queues []Queue
	// asked is set once somebody wants to know whether messages wait.
	asked atomic.Bool
}

// NewQueues returns the queues of a hub.
func NewQueues(h Hub, queues []Queue, m *monitor.Monitor) *Queues {
	return &Queues{desk: desk{h, m}, queues: queues}
}

// Serve deals with the messages of a queue until ctx ends, then lets those at work finish.
// They are cut off when work ends.
func (w *Queues) Serve(ctx, work context.Context, q Queue) {
	w.handOut(ctx, fmt.Sprintf("queue %q", q.Name), func(ctx context.Context) (hub.Session, error) {
		return w.hub.Consume(ctx, q.Name, q.Limit, func(m hub.QueueDelivery) { w.deal(work, &q, m) })
	})
}

// deal deals with one message: handle → ack. A crash before the ack brings it back,
// to be handled again. A message whose runs have all been lost, for instance because it
// kills its worker, is not handled once more.
func (w *Queues) deal(ctx context.Context, q *Queue, m hub.QueueDelivery) {
	w.monitor.Idle.Begin()
	defer w.monitor.Idle.End()
	before, err := w.beginRun(ctx, q, m)
	switch {
	case err != nil:
		w.monitor.Warn(ctx, "cannot find out how often a message was tried; it waits", err)
		w.putBack(m, q.FirstRetry)
		return
	case before >= q.MaxDeliveries:
		w.poison(m, "no worker came to an end with it", before)
		return
	}
	run := before + 1
	stop := w.keepAlive(m.KeepAlive, monitor.KeyQueue, m.Queue, monitor.KeyMessage, m.ID)
	failure := q.Handle(ctx, m.QueueMessage, run)
	stop()
	switch {
	case failure == nil:
		if err := m.Ack(); err != nil {
			w.monitor.Log.Debug("message was not acked and may come again", monitor.KeyQueue, m.Queue, monitor.KeyMessage, m.ID, monitor.KeyError, err)
		}
	case ctx.Err() != nil:
		w.giveUpRun(ctx, m, before)
	case failure.NonRetryable, run >= q.MaxDeliveries:
		w.poison(m, reasonOf(failure), run, stackOf(failure)...)
	default:
		pause := q.pause(run)
		w.monitor.Log.Warn("the function of a queue failed; its message is tried again", monitor.KeyQueue, m.Queue, monitor.KeyMessage, m.ID,
			"delivery", run, "after", pause, monitor.KeyError, reasonOf(failure))
		w.putBack(m, pause)
	}
}

// beginRun returns how many runs of a message count before the one that begins now: those
// that failed, and those that have not come back. Unless this is certainly the first
// delivery, the run is noted before it begins, as one that has not come back yet. The hub's
// count of deliveries does not do: it also counts messages that were given back, or were lost on their way to a worker.
func (w *Queues) beginRun(ctx context.Context, q *Queue, m hub.QueueDelivery) (before int, err error) {
	if !m.Again {
		return 0, nil
	}
	before, err = m.Runs(ctx)
	if err == nil && before < q.MaxDeliveries {
		err = m.Note(ctx, before+1)
	}
	return before, err
}

// giveUpRun gives a message back whose run was cut off in order: that run does not count.
func (w *Queues) giveUpRun(ctx context.Context, m hub.QueueDelivery, before int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mark.Timeout)
	defer cancel()
	if err := m.Note(ctx, before); err != nil {
		w.monitor.Log.Debug("did not note that a message was given back", monitor.KeyQueue, m.Queue, monitor.KeyMessage, m.ID, monitor.KeyError, err)
	}
	w.putBack(m, 0)
}

// reasonOf is the text of a failure that is kept with the message.
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
	return []any{monitor.KeyStack, f.Stack}
}

// poison moves a message to the poison queue, or lets it come again.
func (w *Queues) poison(m hub.QueueDelivery, reason string, deliveries int, details ...any) {
	log := w.monitor.Log.With(monitor.KeyQueue, m.Queue, monitor.KeyMessage, m.ID, "deliveries", deliveries, "reason", reason)
	if err := m.Reject(reason, deliveries); err != nil {
		log.Error("message was not put into the poison queue and comes again", monitor.KeyError, err)
		w.putBack(m, retry.DefaultLongest)
		return
	}
	log.Error("message is in the poison queue", details...)
}

func (w *Queues) putBack(m hub.QueueDelivery, delay time.Duration) {
	if err := m.Release(delay); err != nil {
		w.monitor.Log.Debug("message was not given back and comes again later", monitor.KeyQueue, m.Queue, monitor.KeyMessage, m.ID, monitor.KeyError, err)
	}
}
