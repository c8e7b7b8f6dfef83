package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// controlStream is the stream of the hub's control messages, and deadStream that of
// those that could not be read.
const (
	controlStream = "default-control"
	deadStream    = "default-dead"
)

// activityStream is the stream of activities that are to be run.
const activityStream = "default-activity"

// drained are the streams that hold nothing once all instances have ended.
var drained = []string{controlStream, "default-timer", activityStream}

// arena is a site with a ledger, where faults are let loose.
type arena struct {
	site    *site
	layout  layout
	log     *journal
	ledger  *ledger
	weather *weather
	// wire and client go to the servers around all links.
	wire       *wire
	client     *client.Client
	disconnect func()
	probe      *probe
	pace       pace
	recoveries []measured
	faults     int
	// poisons and corrupted count what was given to the hub to choke on.
	poisons, corrupted int
	// orphans counts messages that are left though the server knows that they are done.
	orphans uint64
}

// measured is a recovery from a fault.
type measured struct {
	what string
	recovery
}

// partitions is how many the hub has.
const partitions = 16

// open connects to the site, and waits until all workers are there and all partitions
// are served.
func (a *arena) open(ctx context.Context) (err error) {
	if a.wire, err = dial(a.site.url()); err != nil {
		return err
	}
	hub, disconnect, err := connect(ctx, a.site.url())
	if err != nil {
		return err
	}
	a.client, a.disconnect = client.New(hub), disconnect
	if err := a.joined(ctx, hub); err != nil {
		return err
	}
	if a.probe, err = newProbe(ctx, a.client, partitions); err != nil {
		return err
	}
	_, err = a.probe.measure(ctx, time.Now())
	return err
}

// joined waits until all workers are in the fleet.
func (a *arena) joined(ctx context.Context, hub *jetstream.Hub) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var states <-chan map[string]string
	err := until(ctx, 50*time.Millisecond, func() (err error) {
		states, err = hub.WatchLeases(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for leases := range states {
		missing := 0
		for _, h := range a.site.hands {
			if leases["worker."+h.workerID()] == "" {
				missing++
			}
		}
		if missing == 0 {
			return nil
		}
	}
	return fmt.Errorf("the workers have not joined: %w", context.Cause(ctx))
}

func (a *arena) close() {
	if a.disconnect != nil {
		a.disconnect()
	}
	if a.wire != nil {
		a.wire.close()
	}
}

// pace is for how long it is calm between faults, and how long those stay that nothing
// else ends: drawn by lot between the two.
type pace struct{ calms, holds [2]time.Duration }

// The paces of the command, and of tests.
var (
	fullPace  = pace{calms: [2]time.Duration{500 * time.Millisecond, 2500 * time.Millisecond}, holds: [2]time.Duration{500 * time.Millisecond, 6 * time.Second}}
	shortPace = pace{calms: [2]time.Duration{300 * time.Millisecond, time.Second}, holds: [2]time.Duration{500 * time.Millisecond, 2 * time.Second}}
)

func between(random *rand.Rand, bounds [2]time.Duration) time.Duration {
	return bounds[0] + time.Duration(random.Int64N(int64(bounds[1]-bounds[0])))
}

// attack lets loose one fault after another, each of them once in every round in an
// order drawn by lot, until the time is up or there were so many rounds, if not 0.
func (a *arena) attack(ctx context.Context, faults []draw, random *rand.Rand, lasts time.Duration, rounds int) error {
	until := time.Now().Add(lasts)
	for round := 0; round == 0 || round < rounds || rounds == 0; round++ {
		if len(faults) == 0 {
			rest(ctx, time.Until(until))
		}
		for _, n := range random.Perm(len(faults)) {
			if rounds == 0 && time.Now().After(until) {
				return nil
			}
			if !rest(ctx, between(random, a.pace.calms)) {
				return ctx.Err()
			}
			if err := a.suffer(ctx, faults[n](a, random), between(random, a.pace.holds)); err != nil {
				return err
			}
		}
		if ctx.Err() != nil || len(faults) == 0 {
			return ctx.Err()
		}
	}
	return nil
}

// suffer has a fault injected and healed, and measures how soon all is served again.
func (a *arena) suffer(ctx context.Context, f fault, hold time.Duration) error {
	a.faults++
	a.weather.storm()
	defer a.weather.clear()
	a.log.say("fault: %s %s", f.kind(), f.target())
	if err := f.inject(ctx); err != nil {
		return fmt.Errorf("inject %q: %w", f.kind(), err)
	}
	injected := time.Now()
	if f.spares() {
		a.measure(ctx, f.kind()+", in force", injected)
	}
	if !rest(ctx, hold-time.Since(injected)) {
		return ctx.Err()
	}
	if err := f.heal(ctx); err != nil {
		return fmt.Errorf("heal %q: %w", f.kind(), err)
	}
	a.log.say("healed: %s %s", f.kind(), f.target())
	a.measure(ctx, f.kind()+", healed", time.Now())
	return ctx.Err()
}

// measure measures a recovery.
func (a *arena) measure(ctx context.Context, what string, since time.Time) {
	r, err := a.probe.measure(ctx, since)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		a.ledger.breach(recovers, "", "%s: %v", what, err)
		a.log.say("NOT served: %s: %v", what, err)
	default:
		a.log.say("served: first after %v, all after %v", r.First.Round(time.Millisecond), r.All.Round(time.Millisecond))
		a.recoveries = append(a.recoveries, measured{what, r})
	}
}

// leftPatience is how long messages may stay once all instances have ended.
const leftPatience = 30 * time.Second

// nothingLeft waits until no message is left over, and looks for dead ones.
func (a *arena) nothingLeft(ctx context.Context) {
	for _, stream := range drained {
		if err := a.drains(ctx, stream); err != nil {
			a.ledger.breach(nothingLeft, "", "%v", err)
		}
	}
	dead, err := a.wire.messages(ctx, deadStream)
	if err != nil {
		a.ledger.breach(nothingLeft, "", "%v", err)
	} else if int(dead) > a.corrupted {
		a.ledger.breach(nothingLeft, "", "%d messages are dead, %d were corrupt", dead, a.corrupted)
	}
}

// drains waits until a stream is empty, or has nothing that is ever handed out again.
func (a *arena) drains(parent context.Context, stream string) error {
	ctx, cancel := context.WithTimeout(parent, leftPatience)
	defer cancel()
	err := until(ctx, retryPause, func() error {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		n, err := a.wire.messages(ctx, stream)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d messages are left in %s", n, stream)
		}
		return err
	})
	if err == nil || stream != activityStream {
		return err
	}
	// A server that could not write down the removal of a message has it again after its
	// restart, and knows all the same that it is done with: it is never handed out.
	n, undoneErr := a.wire.undone(parent, stream)
	if undoneErr != nil || n > 0 {
		return err
	}
	a.orphans, _ = a.wire.messages(parent, stream)
	return nil
}
