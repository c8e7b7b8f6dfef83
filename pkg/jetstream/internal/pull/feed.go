package pull

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

const (
	// defaultAPI begins the subjects of JetStream's API where nothing else is said.
	defaultAPI = "$JS.API."
	// pullExpires is how long the server keeps a request for messages.
	pullExpires = 30 * time.Second
	// defaultHeartbeat is how often the server says that it has no messages.
	defaultHeartbeat = 2 * time.Second
	// heartbeatsMissed in a row end a feed.
	heartbeatsMissed = 3
	// pullBytes bounds what one request brings, so that large messages do not fill
	// the memory; the largest message must fit in.
	pullBytes = 8 << 20
	// greetTimeout is how long the server may take for its first sign of life.
	greetTimeout = 2 * time.Second
)

// Config says which consumer a feed pulls from, and how.
type Config struct {
	// API begins the subjects of JetStream's API, empty for "$JS.API.".
	API string
	// Stream and Consumer name the consumer.
	Stream, Consumer string
	// Group is the priority group that the consumer's requests must name, empty for none.
	Group string
	// Window is how many messages may be on their way or held at a time.
	Window int
	// Held is how many of those are held from the start.
	Held int
	// Ordered feeds end where a message is missing.
	Ordered bool
	// Linger is how long a stopped feed waits for messages that may be on their way, to leave
	// them unread.
	Linger time.Duration
	// Heartbeat is how often the server has to show life, 0 for 2 s.
	Heartbeat time.Duration
}

// Feed pulls the messages of one consumer.
type Feed struct {
	config Config
	nc     *nats.Conn
	sub    *nats.Subscription
	inbox  chan *nats.Msg
	status chan nats.Status

	// machine belongs to the goroutine that reads.
	machine machine

	// out has room for the whole window.
	out chan wire.Delivered
	// given is how many of those held have been given back and are not yet counted.
	given atomic.Int64
	poke  chan struct{}

	quit     chan struct{}
	quitOnce sync.Once
	// failed is closed before out when the feed ends by itself, with err set.
	failed chan struct{}
	err    error
	// unread are messages that came too late to go out, set before out is closed.
	unread []*nats.Msg
	// alive is closed when the server has shown that it knows the consumer.
	alive chan struct{}
}

// Start subscribes, begins to pull, and waits until the server shows that it knows the
// consumer. On a cluster a new consumer may not be known at once to the server that this
// connection goes to, so where there seems to be none Start asks again. A request may also
// get lost where others make and remove the same consumer; the error is then [ErrSilent].
func Start(ctx context.Context, nc *nats.Conn, config Config) (*Feed, error) {
	config.Heartbeat = cmp.Or(config.Heartbeat, defaultHeartbeat)
	config.API = cmp.Or(config.API, defaultAPI)
	deadline := time.Now().Add(greetTimeout)
	pauses := retry.Pauses{First: 50 * time.Millisecond, Longest: 2 * time.Second}
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
		if !errors.Is(err, ErrNoConsumer) || time.Now().After(deadline) {
			return nil, err
		}
		if pauses.Wait(ctx) != nil {
			return nil, err
		}
	}
}

func subscribe(nc *nats.Conn, config Config) (*Feed, error) {
	f := &Feed{
		config: config, nc: nc,
		machine: machine{window: config.Window, held: config.Held, ordered: config.Ordered, lingers: config.Linger > 0},
		inbox:   make(chan *nats.Msg, 2*config.Window+64),
		out:     make(chan wire.Delivered, config.Window),
		poke:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		failed:  make(chan struct{}),
		alive:   make(chan struct{}),
	}
	f.status = nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	var err error
	if f.sub, err = nc.ChanSubscribe(nc.NewInbox(), f.inbox); err != nil {
		nc.RemoveStatusListener(f.status)
		return nil, err
	}
	return f, nil
}

// greet waits for the first sign of life. A feed that is full from the start asks for
// nothing, so there is nothing to wait for.
func (f *Feed) greet(ctx context.Context) error {
	if f.config.Held >= f.config.Window {
		return nil
	}
	timeout := time.NewTimer(greetTimeout)
	defer timeout.Stop()
	var err error
	select {
	case <-f.alive:
		return nil
	case <-f.failed:
	case <-timeout.C:
		err = ErrSilent
	case <-ctx.Done():
		err = ctx.Err()
	}
	f.Abandon()
	return cmp.Or(f.Err(), err)
}

// Out hands on the messages that came, in order. It is closed when the feed is over.
func (f *Feed) Out() <-chan wire.Delivered { return f.out }

// Release gives back one message that came out.
func (f *Feed) Release() {
	f.given.Add(1)
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// Stop ends the feed; it does not wait for Out to be closed.
func (f *Feed) Stop() { f.quitOnce.Do(func() { close(f.quit) }) }

// Abandon ends a feed that nobody reads, and waits until it is over.
func (f *Feed) Abandon() {
	f.Stop()
	for range f.out {
	}
}

// Ended reports whether the feed has ended by itself or was stopped. Messages that are still
// in Out must not be handled then.
func (f *Feed) Ended() bool { return isClosed(f.failed) || isClosed(f.quit) }

// Err returns why the feed ended by itself, nil after Stop. It may be called once Out is
// closed.
func (f *Feed) Err() error { return f.err }

// Unread returns the messages that came too late to go out. It may be called once Out is
// closed.
func (f *Feed) Unread() []*nats.Msg { return f.unread }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
