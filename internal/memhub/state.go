package memhub

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// state is all that a hub holds. Every part of the hub embeds the one state, so the parts
// share its lock. The state also keeps the promises of [hub.Clock], [hub.Connection] and
// [hub.Limits].
type state struct {
	config   Config
	identity string
	// maxValue and maxPayload are the limits, which [Hub.Shrink] lowers.
	maxValue, maxPayload atomic.Int64

	// mu guards everything below, and the queues and sessions that are reached from there.
	mu sync.Mutex

	// revision is the last number given to a write of a record or segment.
	revision  uint64
	instances map[string]*storedInstance
	segments  map[segmentKey][]byte
	watchers  map[string][]*tokenWatch

	// sequence is the last number given to a control message or timer.
	sequence   uint64
	partitions []*partition
	timers     map[taskKey]*timer
	dead       []DeadLetter
	// askers wait for the outcome of an event, each at its receipt.
	askers map[string]chan history.Outcome

	// workQueues are the queues of activities, by the name of the activity.
	workQueues map[string]*workQueue

	// queued is the last number given to a message of a queue.
	queued        uint64
	messageQueues map[string]*queue

	leaseRevision uint64
	heldLeases    map[string]*lease
	leaseWatchers []chan map[string]string

	// orchestrators and activities are the names that workers have registered.
	orchestrators, activities map[string]bool
	retention                 time.Duration
	keepsIDs                  bool

	// idle is closed and replaced whenever a message or an activity has left the hub.
	idle chan struct{}
}

// The promises that the state keeps.
var (
	_ hub.Clock      = (*state)(nil)
	_ hub.Connection = (*state)(nil)
	_ hub.Limits     = (*state)(nil)
)

func newState(config Config, identity string) *state {
	s := &state{
		config:        config,
		identity:      identity,
		instances:     map[string]*storedInstance{},
		segments:      map[segmentKey][]byte{},
		watchers:      map[string][]*tokenWatch{},
		timers:        map[taskKey]*timer{},
		askers:        map[string]chan history.Outcome{},
		workQueues:    map[string]*workQueue{},
		messageQueues: map[string]*queue{},
		heldLeases:    map[string]*lease{},
		orchestrators: map[string]bool{},
		activities:    map[string]bool{},
		idle:          make(chan struct{}),
	}
	s.maxValue.Store(int64(config.MaxValue))
	s.maxPayload.Store(int64(config.MaxPayload))
	for range config.Partitions {
		s.partitions = append(s.partitions, &partition{})
	}
	return s
}

// lock takes the hub's lock. If ctx has ended, lock returns the error of ctx instead.
func (s *state) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	return nil
}

func (s *state) now() time.Time { return s.config.Clock.Now() }

// Now returns the time of the hub's clock.
func (s *state) Now(context.Context) time.Time { return s.now() }

// After returns the time that lies d after the present, by the hub's clock.
func (s *state) After(_ context.Context, d time.Duration) time.Time { return s.now().Add(d) }

// Reach returns a closed channel: a hub in memory can always be reached.
func (s *state) Reach() <-chan struct{} {
	always := make(chan struct{})
	close(always)
	return always
}

// Check returns nil: a hub in memory is never lost.
func (s *state) Check(context.Context) error { return nil }

// MaxValue returns the configured size, or the size that [Hub.Shrink] has set since.
func (s *state) MaxValue() int { return int(s.maxValue.Load()) }

// MaxPayload returns the configured size, or a quarter of the size that [Hub.Shrink] has
// set since.
func (s *state) MaxPayload() int { return int(s.maxPayload.Load()) }

// left wakes those who wait for the hub to be idle: a message or an activity has left the hub.
func (s *state) left() {
	close(s.idle)
	s.idle = make(chan struct{})
}
