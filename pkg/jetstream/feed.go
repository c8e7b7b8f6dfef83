package jetstream

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"

	"github.com/nats-io/nats.go"
)

// Why a feed ends by itself.
var (
	errDisconnected error = unreachable("the connection to NATS was interrupted")
	errTakenOver          = errors.New("the consumer is gone: it was removed, or somebody else has taken over")
	errNoConsumer         = errors.New("there is no such consumer")
	errSilent             = errors.New("NATS has gone silent")
	errGap                = errors.New("a message is missing")
)

const (
	// pullExpires is how long the server keeps a request for messages.
	pullExpires = 30 * time.Second
	// defaultHeartbeat is how often the server says that it has no messages.
	defaultHeartbeat = 2 * time.Second
	// heartbeatsMissed in a row end a feed.
	heartbeatsMissed = 3
	// pullBytes bounds what one request brings, so that large messages do not fill
	// the memory; the largest message must fit in.
	pullBytes = 8 << 20
)

// feedConfig says what a feed pulls.
type feedConfig struct {
	// api begins the subjects of JetStream's API.
	api              string
	stream, consumer string
	// group is what the consumer's requests must name, empty for nothing.
	group string
	// window is how many messages may be on their way or held at a time.
	window int
	// held is how many of those are held from the start.
	held int
	// ordered feeds end where a message is missing.
	ordered bool
	// linger is how long a stopped feed waits for what may be on its way, to leave it
	// unread.
	linger time.Duration
	// heartbeat is how often the server has to show life, 0 for 2 s.
	heartbeat time.Duration
}

// feed pulls the messages of one consumer. It never hides a trouble: on a
// reconnect, a missing message, silence or the loss of the consumer it ends, and
// whoever needs it starts another. So what comes out has no gaps.
//
// One goroutine reads; it is over when out is closed. The count of what is asked
// for and not yet come is its own.
type feed struct {
	config feedConfig
	nc     *nats.Conn
	sub    *nats.Subscription
	inbox  chan *nats.Msg
	status chan nats.Status

	// out hands on what came, in order. It has room for the whole window.
	out chan wire.Delivered
	// given is how many of those held have been given back and are not yet counted.
	given atomic.Int64
	poke  chan struct{}
	quit  chan struct{}
	once  sync.Once
	// over is closed before out when the feed ends by itself, with err set.
	over chan struct{}
	err  error
	// unread is what came too late to go out, set before out is closed.
	unread []*nats.Msg

	// alive is closed when the server has shown that it knows the consumer.
	alive chan struct{}
	heard bool

	asked, held, quiet int
	last               uint64
	greeted            bool
}

// greetTimeout is how long the server may take for its first sign of life.
const greetTimeout = 2 * time.Second

// startFeed subscribes, begins to pull, and waits until the server shows that it
// knows the consumer. On a cluster a new consumer may not be known at once to the
// server that this connection goes to, so where there seems to be none it asks
// again. A request may get lost where others make and remove the same consumer, too;
// the error is then errSilent.
func startFeed(ctx context.Context, nc *nats.Conn, config feedConfig) (*feed, error) {
	config.heartbeat = cmp.Or(config.heartbeat, defaultHeartbeat)
	config.api = cmp.Or(config.api, defaultAPI)
	deadline := time.Now().Add(greetTimeout)
	pauses := newPauses()
	for {
		f, err := subscribe(nc, config)
		if err != nil {
			return nil, err
		}
		go f.run()
		err = f.greet(ctx)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, errNoConsumer) || time.Now().After(deadline) {
			return nil, err
		}
		if pauses.Wait(ctx) != nil {
			return nil, err
		}
	}
}

func subscribe(nc *nats.Conn, config feedConfig) (*feed, error) {
	f := &feed{
		config: config, nc: nc, held: config.held,
		inbox: make(chan *nats.Msg, 2*config.window+64),
		out:   make(chan wire.Delivered, config.window),
		poke:  make(chan struct{}, 1),
		quit:  make(chan struct{}),
		over:  make(chan struct{}),
		alive: make(chan struct{}),
	}
	f.status = nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	var err error
	if f.sub, err = nc.ChanSubscribe(nc.NewInbox(), f.inbox); err != nil {
		nc.RemoveStatusListener(f.status)
		return nil, err
	}
	return f, nil
}

// greet waits for the first sign of life. A feed that is full from the start asks
// for nothing, so there is nothing to wait for.
func (f *feed) greet(ctx context.Context) error {
	if f.config.held >= f.config.window {
		return nil
	}
	timeout := time.NewTimer(greetTimeout)
	defer timeout.Stop()
	var err error
	select {
	case <-f.alive:
		return nil
	case <-f.over:
	case <-timeout.C:
		err = errSilent
	case <-ctx.Done():
		err = ctx.Err()
	}
	f.abandon()
	return cmp.Or(f.failure(), err)
}

// release gives back one message that came out.
func (f *feed) release() {
	f.given.Add(1)
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// stop ends the feed; it does not wait for out to be closed.
func (f *feed) stop() { f.once.Do(func() { close(f.quit) }) }

// abandon ends a feed that nobody reads.
func (f *feed) abandon() {
	f.stop()
	for range f.out {
	}
}

// ended reports whether the feed has ended by itself or was stopped. What is still
// in out is then not to be handled.
func (f *feed) ended() bool {
	select {
	case <-f.over:
		return true
	case <-f.quit:
		return true
	default:
		return false
	}
}

// failure returns why the feed ended by itself. It may be called once out is
// closed.
func (f *feed) failure() error { return f.err }

func (f *feed) run() {
	defer close(f.out)
	defer f.nc.RemoveStatusListener(f.status)
	defer f.unsubscribe()
	tick := time.NewTicker(f.config.heartbeat)
	defer tick.Stop()
	for {
		err := f.ask()
		if err == nil {
			err = f.next(tick.C)
		}
		select {
		case <-f.quit:
			f.linger()
			return
		default:
		}
		if err != nil {
			f.err = err
			close(f.over)
			return
		}
	}
}

// linger takes in what is on its way when the feed is stopped: until all has come
// that was asked for, or nothing comes any more.
func (f *feed) linger() {
	quiet := time.NewTimer(f.config.linger)
	defer quiet.Stop()
	for f.asked > 0 && f.config.linger > 0 {
		select {
		case m, open := <-f.inbox:
			if !open {
				return
			}
			if m.Reply != "" {
				f.asked--
				f.unread = append(f.unread, m)
			} else if f.takeStatus(m) != nil {
				return
			}
			quiet.Reset(f.config.linger)
		case <-quiet.C:
			return
		case <-f.status:
			return
		}
	}
}

// unsubscribe sets aside what has come and was not taken in.
func (f *feed) unsubscribe() {
	_ = f.sub.Unsubscribe()
	for {
		select {
		case m, open := <-f.inbox:
			if !open {
				return
			}
			if m.Reply != "" {
				f.unread = append(f.unread, m)
			}
		default:
			return
		}
	}
}

// next takes in one thing that happens.
func (f *feed) next(tick <-chan time.Time) error {
	select {
	case m, open := <-f.inbox:
		if !open {
			return errDisconnected
		}
		return f.take(m)
	case <-f.poke:
		f.held -= int(f.given.Swap(0))
		return nil
	case <-tick:
		// Counting ticks, not time: a process that was stopped and continued must
		// not take its own absence for the server's.
		f.quiet++
		if f.asked > 0 && f.quiet > heartbeatsMissed {
			return errSilent
		}
		return nil
	case <-f.status:
		return errDisconnected
	case <-f.quit:
		return nil
	}
}
