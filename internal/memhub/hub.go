package memhub

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var (
	_ hub.Worker = (*Hub)(nil)
	_ hub.Client = (*Hub)(nil)
)

// ErrTooLarge: a value, segment or payload is larger than the hub can store.
var ErrTooLarge = record.ErrTooLarge

// Config says how a [Hub] behaves. The zero Config is a hub as it is by
// default in production.
type Config struct {
	// Partitions of the control queue, 16 if zero.
	Partitions int
	// LeaseTTL is how long a lease lasts, 5 s if zero.
	LeaseTTL time.Duration
	// KeepAliveInterval is how often an activity must say that it is at work, 10 s
	// if zero. After three of them in silence it is handed out again.
	KeepAliveInterval time.Duration
	// MaxValue is the largest value or segment, 1,000,000 bytes if zero.
	MaxValue int
	// MaxPayload is the largest payload of a message, a quarter of MaxValue if zero.
	MaxPayload int
	// Clock to live by, the real one if nil.
	Clock Clock
}

func (c Config) withDefaults() Config {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&c.Partitions, 16)
	set(&c.MaxValue, 1_000_000)
	set(&c.MaxPayload, c.MaxValue/4)
	if c.LeaseTTL == 0 {
		c.LeaseTTL = 5 * time.Second
	}
	if c.KeepAliveInterval == 0 {
		c.KeepAliveInterval = 10 * time.Second
	}
	if c.Clock == nil {
		c.Clock = realClock{}
	}
	return c
}

// Hub is a hub in memory. Any number of workers and clients may share it; it
// is gone when nobody holds it any more, and needs no closing.
type Hub struct {
	config   Config
	identity string
	// The limits, which can be lowered.
	maxValue, maxPayload atomic.Int64

	mu sync.Mutex
	// revision is the last number given to a write of a value or segment.
	revision  uint64
	instances map[string]*held
	segments  map[segmentKey][]byte
	watchers  map[string][]*tokenWatch

	// sequence is the last number given to a control message or timer.
	sequence   uint64
	partitions []*partition
	timers     map[timerKey]*timer
	dead       []DeadLetter

	work map[string]*workQueue

	// queued is the last number given to a message of a queue.
	queued uint64
	queues map[string]*queue

	leaseRevision uint64
	leases        map[string]*lease
	leaseWatchers []chan map[string]string

	registered, activities map[string]bool
	retention              time.Duration
	keepsIDs               bool

	// askers wait for the outcome of an event, each at its receipt.
	askers map[string]chan history.Outcome

	// idle is closed and replaced whenever something has left a queue.
	idle chan struct{}
}

// New returns an empty hub.
func New(config Config) *Hub {
	m := &Hub{
		config:     config.withDefaults(),
		identity:   rand.Text(),
		instances:  map[string]*held{},
		segments:   map[segmentKey][]byte{},
		watchers:   map[string][]*tokenWatch{},
		timers:     map[timerKey]*timer{},
		work:       map[string]*workQueue{},
		queues:     map[string]*queue{},
		leases:     map[string]*lease{},
		registered: map[string]bool{},
		activities: map[string]bool{},
		askers:     map[string]chan history.Outcome{},
		idle:       make(chan struct{}),
	}
	m.maxValue.Store(int64(m.config.MaxValue))
	m.maxPayload.Store(int64(m.config.MaxPayload))
	for range m.config.Partitions {
		m.partitions = append(m.partitions, &partition{})
	}
	return m
}

// Identity tells the hub from all others.
func (m *Hub) Identity() string { return m.identity }

// lock takes the hub's lock, unless ctx has ended.
func (m *Hub) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	return nil
}

func (m *Hub) now() time.Time { return m.config.Clock.Now() }

// Now is the time of the hub's clock.
func (m *Hub) Now(context.Context) time.Time { return m.now() }

// Reach is closed: it can always be reached.
func (m *Hub) Reach() <-chan struct{} {
	always := make(chan struct{})
	close(always)
	return always
}

// Check returns nil: it is always there.
func (m *Hub) Check(context.Context) error { return nil }

// After is so long from now, by the hub's clock.
func (m *Hub) After(_ context.Context, d time.Duration) time.Time { return m.now().Add(d) }

// Backlog is how much a [Hub] still has to hand out.
type Backlog struct {
	// Messages and Activities that have not been acknowledged.
	Messages   int
	Activities int
	// Queued are messages of queues that nobody has dealt with. Messages in poison
	// queues do not count.
	Queued int
	// Timers that are set and have not fired.
	Timers int
}

// Backlog counts the messages, activities and timers that are stored.
func (m *Hub) Backlog() Backlog {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.backlog()
}

func (m *Hub) backlog() Backlog {
	b := Backlog{Timers: len(m.timers)}
	for _, p := range m.partitions {
		b.Messages += p.live
	}
	for _, q := range m.work {
		b.Activities += len(q.jobs)
	}
	for _, q := range m.queues {
		b.Queued += len(q.work.jobs)
	}
	return b
}

// WaitIdle returns when no message and no activity is left, nor anything in a queue,
// whatever timers there are. It returns the error of ctx if that ends first.
func (m *Hub) WaitIdle(ctx context.Context) error {
	for {
		m.mu.Lock()
		b, changed := m.backlog(), m.idle
		m.mu.Unlock()
		if b.Messages == 0 && b.Activities == 0 && b.Queued == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// left says that something has left a queue.
func (m *Hub) left() {
	close(m.idle)
	m.idle = make(chan struct{})
}

// Redeliver hands out again all messages and activities that were handed out and not
// acknowledged, as if their time had run out.
func (m *Hub) Redeliver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.partitions {
		if p.session != nil {
			p.session.repeat()
		}
	}
	for _, b := range m.sortedWork() {
		b.repeat()
	}
	for _, name := range slices.Sorted(maps.Keys(m.queues)) {
		m.queues[name].work.repeat()
	}
}

// DeadLetter is a control message that a worker has rejected.
type DeadLetter struct {
	Message hub.Message
	Seq     uint64
	Reason  string
}

// DeadLetters returns the rejected messages, oldest first.
func (m *Hub) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return append([]DeadLetter(nil), m.dead...), nil
}
