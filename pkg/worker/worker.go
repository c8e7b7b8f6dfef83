package worker

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// Hub stores a worker's instances. Package jetstream opens one. If the hub is a [client.Hub]
// as well, its workers purge ended instances by the hub's retention: see
// [client.Settings.SetRetention].
type Hub = hub.Worker

// preparer is a hub that bounds the number of activities and queues.
type preparer interface {
	Prepare(ctx context.Context, activities, queues []string) error
}

// Config says how a worker works. The zero Config is a good one.
type Config struct {
	// ID names the worker within its hub's fleet: letters, digits, "-" and "_", at
	// most 64. No two living workers may have the same; by default it is made of
	// the host's name, the process id and a random part.
	ID string
	// CacheSize is how many waiting orchestrators stay in memory: 10,000 if 0,
	// none if negative.
	CacheSize int
	// CacheIdle is how long an orchestrator that gets no input stays in memory: a minute if 0.
	CacheIdle time.Duration
	// MaxActivities is how many activities of one name run at a time: 100 if 0.
	MaxActivities int
	// MaxLostRuns bounds the runs of an activity, one after another, that end because
	// the worker died or fell silent. After so many the activity fails, with type
	// WorkerLost. 5 if 0.
	MaxLostRuns int
	// Build names the program, by default by a hash of its file. Code of an orchestrator that
	// has ended a worker, and then three more of one build in a row, is not run by that build
	// for the instance again.
	Build string
	// Queues are the functions that this worker runs for messages of queues: nil for
	// none. The hub must then be a [client.Hub] as well.
	Queues *Queues
	// DrainTimeout is how long turns and activities that run may take to finish when the
	// worker is stopped: 30 s if 0.
	DrainTimeout time.Duration
	// FailOnNonDeterminism makes an instance fail if its code does not agree with its
	// history. By default the instance is left as it was, visibly blocked, and goes on when
	// the code is put right.
	FailOnNonDeterminism bool
	// Logger is slog.Default if nil.
	Logger *slog.Logger
}

// Worker runs the orchestrators and activities of a registry on a hub, and functions
// that queues trigger.
type Worker struct {
	hub        Hub
	registry   *orchestration.Registry
	queues     []string
	dispatcher *dispatcher.Dispatcher
	sweeper    *sweeper // nil where the hub is none for clients
	running    running
}

// ErrHubLost is wrapped by the error of [Worker.Run] if the hub was removed, or the connection
// to it was closed.
var ErrHubLost = hub.ErrHubLost

var validID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// New returns a worker. It returns an error if registry and queues are empty or have
// errors, or the config is not valid.
func New(h Hub, registry *orchestration.Registry, config Config) (*Worker, error) {
	if config.Queues == nil {
		config.Queues = &Queues{}
	}
	if err := errors.Join(registry.Err(), config.Queues.Err()); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if len(registry.Orchestrators()) == 0 && len(registry.Activities()) == 0 && len(config.Queues.Names()) == 0 {
		return nil, errors.New("worker: nothing is registered: register an orchestrator, an activity or a queue first")
	}
	if config.ID == "" {
		config.ID = newID()
	}
	if !validID.MatchString(config.ID) {
		return nil, fmt.Errorf("worker: id %q: use 1 to 64 letters, digits, %q and %q", config.ID, "-", "_")
	}
	own, err := clientOf(h, config.Queues)
	if err != nil {
		return nil, err
	}
	w := &Worker{
		hub: h, registry: registry, queues: config.Queues.Names(),
		dispatcher: dispatcher.New(h, executor{registry.Code()}, dispatcher.Config{
			WorkerID: config.ID, CacheSize: config.CacheSize, CacheIdle: config.CacheIdle,
			MaxActivities: config.MaxActivities, MaxLostRuns: config.MaxLostRuns, Build: config.Build, Queues: config.Queues.bind(own),
			DrainTimeout: config.DrainTimeout, Logger: config.Logger,
			IsFatal: func(err error) bool {
				return config.FailOnNonDeterminism && errors.Is(err, replay.ErrNonDeterminism)
			},
		}),
	}
	if own != nil {
		w.sweeper = &sweeper{broom: broom{client: own}, dispatcher: w.dispatcher, log: cmp.Or(config.Logger, slog.Default())}
	}
	return w, nil
}

// clientOf returns a client of the worker's own hub, nil if the hub is none for
// clients; functions that queues trigger must have one.
func clientOf(h Hub, queues *Queues) (*client.Client, error) {
	if own, ok := h.(client.Hub); ok {
		return client.New(own), nil
	}
	if names := queues.Names(); len(names) > 0 {
		return nil, fmt.Errorf("worker: the function of queue %q can have no client: the hub must be a client.Hub as well", names[0])
	}
	return nil, nil //nolint:nilnil // a hub need not be one for clients
}

// Prepare checks that the hub can serve the registered activities and queues, and tells it
// the names of orchestrators and activities. [Worker.Run] and [Start] do so too. A program that
// reports when it is ready calls Prepare first.
func (w *Worker) Prepare(ctx context.Context) error {
	if p, can := w.hub.(preparer); can {
		if err := p.Prepare(ctx, w.registry.Activities(), w.queues); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
	}
	if err := w.hub.Register(ctx, w.registry.Orchestrators()); err != nil {
		return fmt.Errorf("worker: register orchestrators: %w", err)
	}
	if err := w.hub.RegisterActivities(ctx, w.registry.Activities()); err != nil {
		return fmt.Errorf("worker: register activities: %w", err)
	}
	return nil
}

// Run works until ctx ends; then it lets turns and activities that run finish, and returns
// nil. It returns the errors of [Worker.Prepare], and one wrapping [ErrHubLost] if the hub was
// removed under it: then a new worker should open the hub anew. It must not be called twice,
// nor for a worker that [Start] has started.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.Prepare(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return w.work(ctx)
}

// work works until ctx ends, and lets turns and activities that run finish.
func (w *Worker) work(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var sweeping sync.WaitGroup
	if w.sweeper != nil {
		sweeping.Go(func() { w.sweeper.run(ctx) })
	}
	err := w.dispatcher.Run(ctx)
	end()
	sweeping.Wait()
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return nil
}

// Health returns why the worker cannot work at present, for instance because the hub cannot be
// reached or does not store; nil if it can.
func (w *Worker) Health() error { return w.dispatcher.Health() }

// IdleFor returns for how long nothing has been due: 0 while something is, and
// until the worker holds the partitions that it should hold.
func (w *Worker) IdleFor() time.Duration { return w.dispatcher.IdleFor() }

// Parked returns how many waiting orchestrators are in memory.
func (w *Worker) Parked() int { return w.dispatcher.Parked() }

func newID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	host = regexp.MustCompile(`[^A-Za-z0-9_-]`).ReplaceAllString(host, "-")
	host = host[:min(len(host), 30)]
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:8]))
}

// executor lets the dispatcher run the registry's code.
type executor struct{ *replay.Code }

func (e executor) Begin(info replay.Execution, events []record.Event) (dispatcher.Orchestrator, error) {
	x, err := e.Code.Begin(info, events)
	if err != nil {
		return nil, err
	}
	return x, nil
}
