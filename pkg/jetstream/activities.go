package jetstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// linger is how long a worker that stops waits for activities on their way to it.
const linger = 50 * time.Millisecond

// keepAlivesMissed in a row, and an activity is handed out again.
const keepAlivesMissed = 3

// KeepAliveInterval returns how often an activity at work must say so.
func (h *Hub) KeepAliveInterval() time.Duration { return h.keepAlive }

// Work hands out the activities of one name, each to a run of handle on a
// goroutine of its own, at most limit at a time, and asks NATS for no more than
// that. It goes on by itself after a reconnect. Stop ends the handing out and
// waits for those at work. The context bounds the call, not the session.
func (h *Hub) Work(ctx context.Context, activity string, limit int, handle func(history.ActivityDelivery)) (history.Session, error) {
	if limit < 1 {
		return nil, fmt.Errorf("activity %q: limit %d, must be at least 1", activity, limit)
	}
	token, err := encodeToken("activity name", activity)
	if err != nil {
		return nil, err
	}
	w := &bench{hub: h, activity: activity, token: token, limit: limit, handle: handle, done: make(chan struct{})}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.cancel = cancel
	go w.run(life)
	return w, nil
}

// bench hands out the activities of one name. Feeds come and go; what is at work
// outlives them.
type bench struct {
	hub             *Hub
	activity, token string
	limit           int
	handle          func(history.ActivityDelivery)

	// cancel ends the session, whose life no caller's context bounds.
	cancel context.CancelFunc
	done   chan struct{}
	err    error
	atWork sync.WaitGroup

	mu      sync.Mutex
	feed    *feed
	running int
}

// open makes sure that there is a consumer and starts to read from it.
func (w *bench) open(ctx context.Context) error {
	consumer, err := w.hub.activityConsumer(ctx, w.token)
	if err != nil {
		return fmt.Errorf("open activity %q: %w", w.activity, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := startFeed(ctx, w.hub.nc, feedConfig{
		stream: w.hub.names.activityStream(), consumer: consumer, window: w.limit, held: w.running, linger: linger,
	})
	if err != nil {
		return fmt.Errorf("read activity %q: %w", w.activity, err)
	}
	w.feed = f
	return nil
}

// activityConsumer makes the durable consumer of an activity, which all workers
// share.
func (h *Hub) activityConsumer(ctx context.Context, token string) (string, error) {
	name := consumerName(token)
	config := js.ConsumerConfig{
		Durable:       name,
		FilterSubject: h.names.activities(token),
		AckPolicy:     js.AckExplicitPolicy,
		AckWait:       keepAlivesMissed * h.keepAlive,
		MaxAckPending: -1,
	}
	_, err := ask(ctx, h, func(ctx context.Context) (js.Consumer, error) {
		return h.js.CreateOrUpdateConsumer(ctx, h.names.activityStream(), config)
	})
	return name, err
}

// consumerName is the token itself, unless it is longer than what a consumer can
// be called.
func consumerName(token string) string {
	const most = 200
	if len(token) <= most {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	// No token has a "=" before a "-".
	return "=-" + hex.EncodeToString(sum[:])
}

func (w *bench) run(ctx context.Context) {
	defer close(w.done)
	defer w.atWork.Wait()
	var pause pauses
	for {
		f := w.feed
		if w.handOutAll(ctx, f) {
			pause = pauses{}
		}
		if ctx.Err() != nil {
			return
		}
		w.hub.log.Warn("handing out of activities was interrupted", keyActivity, w.activity, keyError, f.failure())
		if !w.reopen(ctx, &pause) {
			return
		}
	}
}

// reopen tries to go on until it succeeds; it reports false when there is nothing
// to go on with.
func (w *bench) reopen(ctx context.Context, pause *pauses) bool {
	for {
		pause.wait(ctx)
		if ctx.Err() != nil {
			return false
		}
		if w.hub.nc.IsClosed() {
			w.err = nats.ErrConnectionClosed
			return false
		}
		err := w.open(ctx)
		if err == nil {
			return true
		}
		w.hub.log.Debug("handing out of activities cannot go on yet", keyActivity, w.activity, keyError, err)
	}
}

// handOutAll hands out what the feed brings until it ends, and reports whether
// there was anything.
func (w *bench) handOutAll(ctx context.Context, f *feed) bool {
	stop := context.AfterFunc(ctx, f.stop)
	defer stop()
	came := false
	for p := range f.out {
		if f.ended() {
			w.hub.giveBack(p.Msg)
			continue
		}
		came = true
		w.handOut(p)
	}
	for _, m := range f.unread {
		w.hub.giveBack(m)
	}
	return came
}

func (w *bench) handOut(p pulled) {
	a, err := w.hub.readActivity(w.activity, p)
	if err != nil {
		w.hub.reject(p, err.Error())
		w.feed.release()
		return
	}
	w.mu.Lock()
	w.running++
	w.mu.Unlock()
	w.atWork.Go(func() {
		defer w.finished()
		w.handle(w.hub.activityDelivery(a, p))
	})
}

// finished gives the slot back to the feed there is now.
func (w *bench) finished() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	w.feed.release()
}

// Stop ends the handing out and waits for the activities at work.
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

// giveBack lets another worker have a message at once. Where that fails it has to
// wait until the time of this one is up.
func (h *Hub) giveBack(m *nats.Msg) {
	if err := h.nc.Publish(m.Reply, ackAgain); err != nil {
		h.log.Debug("activity was not given back and comes again later", keySubject, m.Subject, keyError, err)
	}
}

func (h *Hub) activityDelivery(a history.Activity, p pulled) history.ActivityDelivery {
	return history.ActivityDelivery{
		Activity:  a,
		Attempt:   p.ack.attempt,
		KeepAlive: func() error { return h.nc.Publish(p.Reply, ackProgress) },
		Ack:       func() error { return h.ack(p.Msg) },
		Release: func(delay time.Duration) error {
			if delay <= 0 {
				return h.nc.Publish(p.Reply, ackAgain)
			}
			return h.nc.Publish(p.Reply, fmt.Appendf(nil, "%s {\"delay\": %d}", ackAgain, delay.Nanoseconds()))
		},
	}
}

// readActivity reads <hub>.activity.<name>.<instance>.<task>.
func (h *Hub) readActivity(name string, p pulled) (history.Activity, error) {
	a := history.Activity{Name: name, Execution: p.Header.Get(headerExecution)}
	parts := strings.Split(p.Subject, ".")
	if len(parts) != 5 {
		return a, fmt.Errorf("subject has %d parts, must have 5", len(parts))
	}
	instance, err := decodeToken(parts[3])
	if err != nil {
		return a, err
	}
	a.Instance = instance
	if a.Task = (history.Message{Arg: parts[4]}).Task(); a.Task == 0 {
		return a, fmt.Errorf("%q is not a task number", parts[4])
	}
	if a.Execution == "" {
		return a, fmt.Errorf("header %s is missing", headerExecution)
	}
	call := p.Header.Get(headerCall)
	if a.Call = history.ParseCall(call); a.Call.String() != call {
		return a, fmt.Errorf("header %s: %q is no call", headerCall, call)
	}
	if len(p.Data) > 0 {
		a.Input = p.Data
	}
	return a, nil
}
