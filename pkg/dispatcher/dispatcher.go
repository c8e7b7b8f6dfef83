package dispatcher

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/partition"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/run"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/work"
)

// Dispatcher runs the instances of a hub whose partitions it holds, and
// activities.
type Dispatcher struct {
	config     Config
	monitor    *monitor.Monitor
	runner     *run.Runner
	fleet      *partition.Fleet
	names      []string // of the activities
	activities *work.Activities
	queues     *work.Queues
}

// New returns a dispatcher; Run makes it work.
func New(h Hub, executor Executor, config Config) *Dispatcher {
	config = config.withDefaults()
	names := executor.Activities()
	m := monitor.New(h, config.Logger.With(monitor.KeyWorker, config.WorkerID))
	runner := run.New(h, executor, run.Config{
		CacheSize: config.CacheSize, CacheIdle: config.CacheIdle, Build: config.Build, Activities: names, IsFatal: config.IsFatal,
	}, m)
	return &Dispatcher{
		config: config, monitor: m, runner: runner, names: names,
		fleet:      partition.NewFleet(h, runner, config.WorkerID, m),
		activities: work.NewActivities(h, executor, work.Limits{Running: config.MaxActivities, LostRuns: config.MaxLostRuns}, m),
		queues:     work.NewQueues(h, config.Queues, m),
	}
}

// Run works until ctx ends. Then it takes in nothing more, lets turns and activities finish
// within the drain timeout, gives up its leases and returns; code that does not heed being
// cut off is left behind. Run must not be called twice.
//
// If the hub is lost, Run ends by itself and returns an error wrapping [hub.ErrHubLost]: the
// instances in memory must not get into a hub that is made anew under the same name.
func (d *Dispatcher) Run(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	// Turns and activities go by a context that ends later, so that they can finish.
	atWork, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	stopDrain := context.AfterFunc(ctx, func() { d.drain(atWork, cut) })
	defer stopDrain()

	var parts parts
	parts.Go(func() {
		if err := d.monitor.Guard(ctx); err != nil {
			end(err)
			cut() // nothing of it can be stored
		}
	})
	d.begin(ctx, atWork, &parts)
	if !parts.wait(atWork.Done(), cutTimeout) {
		d.monitor.Log.Warn("activities that do not heed their context are left behind")
	} else {
		d.runner.Close()
	}
	if err := context.Cause(ctx); errors.Is(err, hub.ErrHubLost) {
		return err
	}
	return nil
}

// begin begins all that the dispatcher does until ctx ends.
func (d *Dispatcher) begin(ctx, atWork context.Context, parts *parts) {
	parts.Go(func() { d.fleet.Run(ctx, atWork) })
	parts.Go(func() { d.runner.Sweep(ctx) })
	for _, name := range d.names {
		parts.Go(func() { d.activities.Serve(ctx, atWork, name) })
	}
	for _, q := range d.config.Queues {
		parts.Go(func() { d.queues.Serve(ctx, atWork, q) })
	}
	if len(d.config.Queues) > 0 {
		parts.Go(func() { d.queues.WatchBacklog(ctx) })
	}
}

// cutTimeout is how long work that was cut off may take to end.
const cutTimeout = 5 * time.Second

// parts are goroutines that are waited for, but not for ever.
type parts struct{ sync.WaitGroup }

// wait returns true when all parts have ended, or false if they have not when the timeout
// has passed since they were cut off.
func (p *parts) wait(cut <-chan struct{}, timeout time.Duration) bool {
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
	case <-time.After(timeout):
		return false
	}
}

// drain cuts off the work that has not finished in time.
func (d *Dispatcher) drain(atWork context.Context, cut context.CancelFunc) {
	timer := time.NewTimer(d.config.DrainTimeout)
	defer timer.Stop()
	select {
	case <-atWork.Done():
	case <-timer.C:
		d.monitor.Log.Warn("work did not finish in time and is cut off; it will be done again", "timeout", d.config.DrainTimeout)
		cut()
	}
}

// Parked returns how many orchestrators are parked in memory.
func (d *Dispatcher) Parked() int { return d.runner.Parked() }

// Holds reports whether this worker holds the partition of that number.
func (d *Dispatcher) Holds(number int) bool { return d.fleet.Holds(number) }

// Health returns why this worker cannot work at present, nil if it can. It is never older
// than two renewals of a lease.
func (d *Dispatcher) Health() error { return d.monitor.Health.Current() }

// IdleFor returns for how long nothing has been due: no message, no activity, nothing
// in a queue. It is 0 while something is, and while it is not known: while partitions
// that this worker should hold are not to be had yet, and, where there are queues, for
// a second or so after it is asked first.
func (d *Dispatcher) IdleFor() time.Duration {
	d.queues.Ask()
	return d.monitor.Idle.Duration()
}
