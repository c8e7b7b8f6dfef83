package dispatcher

import (
	"log/slog"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/work"
)

// Config says how a dispatcher works. Zero values stand for the defaults named.
type Config struct {
	// WorkerID names this worker in its fleet. No two living workers of a hub may
	// have the same. Required.
	WorkerID string
	// CacheSize is how many parked orchestrators stay in memory: 10,000. A
	// negative number turns the cache off.
	CacheSize int
	// CacheIdle is how long an orchestrator stays that no message comes for: one minute.
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

// Queue says how the messages of a queue are dealt with.
type Queue = work.Queue

// Executor runs users' code. The executor for Go code in this process is a registry of
// package orchestration; one that reaches code elsewhere fits as well.
type Executor interface {
	turn.Executor
	work.Performer
}

// Orchestrator is an orchestrator's code, run up to where it waits.
type Orchestrator = turn.Orchestrator

// WorkerLost is the type of the failure of an activity whose runs do not come back.
const WorkerLost = work.WorkerLost

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
