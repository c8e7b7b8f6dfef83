package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/payload"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// The settings of a queue without options.
const (
	DefaultConcurrency   = 16
	DefaultMaxDeliveries = 5
	DefaultFirstRetry    = time.Second
	DefaultMaxRetry      = time.Minute
)

// Queues holds a program's functions that are triggered by queues, by the queue's
// name. The zero Queues is empty and ready to use. Fill it by [OnQueue] before it is
// given to a worker.
type Queues struct {
	queues    map[string]*dispatcher.Queue
	functions map[string]queueFunction
	errs      []error
}

// QueueOption is an option of [OnQueue].
type QueueOption func(*dispatcher.Queue)

// WithConcurrency bounds how many messages of the queue this worker deals with at a
// time: 16 without it. With 1 they come one at a time, but to each worker one.
func WithConcurrency(n int) QueueOption {
	return func(q *dispatcher.Queue) { q.Limit = n }
}

// WithMaxDeliveries sets after how many failed deliveries a message goes to the poison
// queue: 5 without it.
func WithMaxDeliveries(n int) QueueOption {
	return func(q *dispatcher.Queue) { q.MaxDeliveries = n }
}

// WithRetryPause sets how long a message waits after its first failed delivery; after
// each later one it waits twice as long, up to most. Without it that is a second, up
// to a minute.
func WithRetryPause(first, most time.Duration) QueueOption {
	return func(q *dispatcher.Queue) { q.FirstRetry, q.MaxRetry = first, most }
}

// OnQueue makes fn the function that is run for each message of a queue of the hub.
// Mistakes, such as a second function for a queue, are reported by [New] and [Start].
//
// The message is read as a T as the payload of an external event is: see
// [orchestration.Event.Wait]. A body that is not JSON is read as the
// text that it is: as a string, or as a type that reads a JSON string, unless the text begins
// as JSON does. A T of [orchestration.None] takes any
// message; its body is in m.Body.
//
// A message is delivered at least once, in no promised order, and removed when fn
// returns nil. Where fn returns an error or panics, or its worker dies, the delivery
// has failed, and the message is delivered again after a pause. After 5 deliveries it
// goes to the poison queue, where it is kept until it is redriven or removed. One that
// cannot be read as a T goes there at once, and so does one for which fn returns an
// error marked by [orchestration.NonRetryable].
//
// Fn may take as long as it needs. When the worker stops, ctx ends if fn has not
// returned within [Config].DrainTimeout; the message is then given back.
func OnQueue[T any](q *Queues, queue string, fn func(ctx context.Context, m *QueueMessage, message T) error, options ...QueueOption) {
	if fn == nil {
		q.errs = append(q.errs, fmt.Errorf("queue %q: the function is nil", queue))
		return
	}
	q.add(queue, options, func(ctx context.Context, m *QueueMessage) error {
		message, err := payload.ReadBody[T](m.Body)
		if err != nil {
			return orchestration.NonRetryable(unreadable(err))
		}
		return fn(ctx, m, message)
	})
}

// unreadable returns the error of a message that cannot be read, in words of queues.
func unreadable(err error) error {
	var bad *payload.Error
	if !errors.As(err, &bad) {
		return err
	}
	return fmt.Errorf("message %s cannot be read as %s: %w", bad.Payload, bad.Type, bad.Err)
}

// queueFunction deals with a message.
type queueFunction func(context.Context, *QueueMessage) error

func (q *Queues) add(queue string, options []QueueOption, handle queueFunction) {
	settings := &dispatcher.Queue{
		Name: queue, Limit: DefaultConcurrency, MaxDeliveries: DefaultMaxDeliveries,
		FirstRetry: DefaultFirstRetry, MaxRetry: DefaultMaxRetry,
	}
	for _, option := range options {
		option(settings)
	}
	if err := q.check(settings); err != nil {
		q.errs = append(q.errs, err)
		return
	}
	if q.queues == nil {
		q.queues, q.functions = map[string]*dispatcher.Queue{}, map[string]queueFunction{}
	}
	q.queues[queue] = settings
	q.functions[queue] = handle
}

func (q *Queues) check(s *dispatcher.Queue) error {
	switch {
	case q.queues[s.Name] != nil:
		return fmt.Errorf("queue %q has two functions", s.Name)
	case s.Limit < 1:
		return fmt.Errorf("queue %q: concurrency %d, must be at least 1", s.Name, s.Limit)
	case s.MaxDeliveries < 1:
		return fmt.Errorf("queue %q: %d deliveries, must be at least 1", s.Name, s.MaxDeliveries)
	case s.FirstRetry <= 0 || s.MaxRetry < s.FirstRetry:
		return fmt.Errorf("queue %q: pauses from %s to %s, must be more than 0 and rise", s.Name, s.FirstRetry, s.MaxRetry)
	}
	return ident.CheckName("queue name", s.Name)
}

// Err returns the mistakes of all registrations, nil if there are none.
func (q *Queues) Err() error { return errors.Join(q.errs...) }

// Names returns the names of the queues, sorted.
func (q *Queues) Names() []string { return slices.Sorted(maps.Keys(q.queues)) }

// bind returns the queues for a dispatcher whose hub the client is of.
func (q *Queues) bind(c *client.Client) []dispatcher.Queue {
	var bound []dispatcher.Queue
	for _, name := range q.Names() {
		settings := *q.queues[name]
		settings.Handle = func(ctx context.Context, m hub.QueueMessage, attempt int) *history.Failure {
			return replay.Guard(fmt.Sprintf("the function of queue %q", name), func() error {
				return q.functions[name](ctx, &QueueMessage{
					Client: c, Queue: name, ID: m.ID, Body: m.Data, Sent: m.Stored,
					Delivery: attempt, MaxDeliveries: settings.MaxDeliveries,
				})
			})
		}
		bound = append(bound, settings)
	}
	return bound
}
