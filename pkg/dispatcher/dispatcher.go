package dispatcher

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// Keys of log attributes.
const (
	keyInstance  = "instance"
	keyActivity  = "activity"
	keyPartition = "partition"
	keyQueue     = "queue"
	keyMessage   = "message"
	keyStack     = "stack"
	keyWorker    = "worker"
	keyError     = "error"
)

// Config says how a dispatcher works. Zero values stand for the defaults named.
type Config struct {
	// WorkerID names this worker in its fleet. No two living workers of a hub may
	// have the same. Required.
	WorkerID string
	// CacheSize is how many parked orchestrators stay in memory: 10,000. A
	// negative number turns the cache off.
	CacheSize int
	// CacheIdle is how long one may stay that nothing comes for: one minute.
	CacheIdle time.Duration
	// MaxActivities is how many activities of one name run at a time: 100.
	MaxActivities int
	// MaxLostRuns is after how many runs of an activity that did not come back, one
	// after another, it has failed: 5.
	MaxLostRuns int
	// Build names the program whose code is run: a hash of its file. Code that seems to
	// end its worker is not run again by the same build.
	Build string
	// Queues are those whose messages this dispatcher deals with.
	Queues []Queue
	// DrainTimeout is how long turns and activities at work may take to finish
	// when the dispatcher stops, before they are cut off: 30 s.
	DrainTimeout time.Duration
	// IsFatal tells errors of the code that fail its instance from those that only
	// block it until the code is put right: nil for none.
	IsFatal func(error) bool
	// Logger is where the dispatcher logs to: slog.Default.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	setDefault(&c.CacheSize, 10_000)
	setDefault(&c.CacheIdle, time.Minute)
	setDefault(&c.MaxActivities, 100)
	setDefault(&c.MaxLostRuns, 5)
	setDefault(&c.DrainTimeout, 30*time.Second)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Dispatcher runs the instances of a hub whose partitions it holds, and
// activities.
type Dispatcher struct {
	hub       Hub
	executor  Executor
	config    Config
	log       *slog.Logger
	cache     *cache
	idle      idleness
	backlog   backlog
	held      sync.Map // of the partitions that are held
	strangers strangers
	started   time.Time
	// alone is held by a run that is under suspicion of ending its worker.
	alone sync.Mutex
	gate  *gate

	health     *health
	complaints retry.Complaints
	doubts     chan struct{}

	// work is what turns and activities at work go by; it ends later than the
	// context of Run, so that they can finish.
	work context.Context //nolint:containedctx // lives exactly as long as Run
}

// New returns a dispatcher; Run makes it work.
func New(h Hub, executor Executor, config Config) *Dispatcher {
	config = config.withDefaults()
	d := &Dispatcher{
		hub: h, executor: newQuarantine(executor), config: config,
		log:     config.Logger.With(keyWorker, config.WorkerID),
		cache:   newCache(config.CacheSize),
		gate:    newGate(),
		started: time.Now(),
		doubts:  make(chan struct{}, 1),
	}
	d.health = &health{log: d.log}
	return d
}

// Run works until ctx ends. Then it takes in nothing more, lets what is at work
// finish within the drain timeout, gives up its leases and returns; code that does
// not heed being cut off is left behind. It must not be called twice.
//
// Where the hub is lost it ends by itself and returns an error wrapping
// [hub.ErrHubLost]: what is in memory here may belong to a hub that is made anew
// under the same name, and must not get there.
func (d *Dispatcher) Run(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	d.work = work
	stopDrain := context.AfterFunc(ctx, func() { d.drain(work, cut) })
	defer stopDrain()

	var parts parts
	parts.Go(func() {
		if err := d.guard(ctx); err != nil {
			end(err)
			cut() // nothing of it can be stored
		}
	})
	parts.Go(func() { d.newFleet().run(ctx) })
	parts.Go(func() { d.sweep(ctx) })
	d.strangers.introduce(d.executor.Activities())
	for _, name := range d.executor.Activities() {
		parts.Go(func() { d.offer(ctx, name) })
	}
	for _, q := range d.config.Queues {
		parts.Go(func() { d.serveQueue(ctx, q) })
	}
	if len(d.config.Queues) > 0 {
		parts.Go(func() { d.watchBacklog(ctx) })
	}
	if !parts.wait(work.Done(), cutPatience) {
		d.log.Warn("activities that do not heed their context are left behind")
	} else {
		d.cache.close()
	}
	if err := context.Cause(ctx); errors.Is(err, hub.ErrHubLost) {
		return err
	}
	return nil
}

// cutPatience is how long work that was cut off may take to end.
const cutPatience = 5 * time.Second

// parts are goroutines that are waited for, but not for ever.
type parts struct{ sync.WaitGroup }

// wait returns when all parts have ended, or false if they have not that time after
// they were cut off.
func (p *parts) wait(cut <-chan struct{}, patience time.Duration) bool {
	ended := make(chan struct{})
	go func() {
		p.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return true
	case <-cut:
	}
	select {
	case <-ended:
		return true
	case <-time.After(patience):
		return false
	}
}

// drain cuts off what has not finished in time.
func (d *Dispatcher) drain(work context.Context, cut context.CancelFunc) {
	timer := time.NewTimer(d.config.DrainTimeout)
	defer timer.Stop()
	select {
	case <-work.Done():
	case <-timer.C:
		d.log.Warn("work did not finish in time and is cut off; it will be done again", "timeout", d.config.DrainTimeout)
		cut()
	}
}

// warn logs an error, unless it is only that ctx has ended.
func (d *Dispatcher) warn(ctx context.Context, message string, err error) {
	if ctx.Err() == nil {
		d.log.Warn(message, keyError, err)
	}
}

// Parked returns how many orchestrators are parked in memory.
func (d *Dispatcher) Parked() int { return d.cache.len() }

// Holds reports whether this worker holds the partition.
func (d *Dispatcher) Holds(partition int) bool {
	_, holds := d.held.Load(partition)
	return holds
}

// IdleFor returns for how long nothing has been due: no message, no activity, nothing
// in a queue. It is 0 while something is, and while it is not known: while partitions
// that this worker should hold are not to be had yet, and, where there are queues, for
// a second or so after it is asked first.
func (d *Dispatcher) IdleFor() time.Duration {
	d.backlog.asked.Store(true)
	return d.idle.duration()
}
