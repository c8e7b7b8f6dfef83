package run

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/mark"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// Hub is the part of a hub that a runner needs.
type Hub interface {
	hub.Clock
	hub.Limits
	hub.Records
	hub.Outbox
}

// Config says how a runner works. IsFatal and Activities may be nil, and Build empty.
type Config struct {
	// CacheSize is how many parked orchestrators stay in memory; a negative number turns
	// the cache off. CacheIdle is how long one stays that nothing comes for.
	CacheSize int
	CacheIdle time.Duration
	// Build names the program whose code is run, by default by a hash of its file.
	Build string
	// Activities are the names of the activities that this worker has.
	Activities []string
	// IsFatal tells errors of the code that fail its instance from those that only
	// block it until the code is put right: nil for none.
	IsFatal func(error) bool
}

// Runner takes the turns of instances.
type Runner struct {
	hub       Hub
	loader    *loader
	store     store
	outbox    *outbox
	executor  turn.Executor
	monitor   *monitor.Monitor
	marks     mark.Marks
	cache     *cache
	cacheIdle time.Duration
	limiter   *limiter
	ownBuild  string
	isFatal   func(error) bool
}

// New returns a runner of the instances of a hub.
func New(h Hub, executor turn.Executor, config Config, m *monitor.Monitor) *Runner {
	b := &outbox{hub: h, monitor: m}
	b.unknown.introduce(config.Activities)
	return &Runner{
		hub: h, loader: &loader{hub: h, outbox: b}, store: store{h}, outbox: b,
		executor: newQuarantine(executor), monitor: m, marks: mark.New(h, m),
		cache: newCache(config.CacheSize), cacheIdle: config.CacheIdle,
		limiter: newLimiter(), ownBuild: config.Build, isFatal: config.IsFatal,
	}
}

// Parked returns how many orchestrators are parked in memory.
func (r *Runner) Parked() int { return r.cache.len() }

// Opened notes that a partition was opened: turns are about to come.
func (r *Runner) Opened() { r.limiter.expect() }

// Left unloads the instances of a partition: another worker may change them from now on.
func (r *Runner) Left(partition int) { r.cache.dropPartition(partition) }

// Close unloads all instances, for good.
func (r *Runner) Close() { r.cache.close() }
