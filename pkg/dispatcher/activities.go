package dispatcher

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// offer runs activities of one name until ctx ends, then lets those at work
// finish.
func (d *Dispatcher) offer(ctx context.Context, name string) {
	d.handOut(ctx, fmt.Sprintf("activity %q", name), func(ctx context.Context) (Session, error) {
		return d.hub.Work(ctx, name, d.config.MaxActivities, d.perform)
	})
}

// handOut keeps a session of work open until ctx ends, and lets what is at work
// finish. What is what the work is called.
func (d *Dispatcher) handOut(ctx context.Context, what string, open func(context.Context) (Session, error)) {
	d.keep(ctx, "handing out of "+what+" broke off", func(ctx context.Context) error {
		session, err := open(ctx)
		if err != nil {
			return fmt.Errorf("work on %s: %w", what, err)
		}
		select {
		case <-ctx.Done():
		case <-session.Done():
		}
		session.Stop()
		return session.Err()
	})
}

// perform runs one activity: perform → report → ack. A crash before the ack
// brings it back, to be run again; the engine drops a second result.
func (d *Dispatcher) perform(a hub.ActivityDelivery) {
	d.idle.begin()
	defer d.idle.end()
	stop := d.keepAlive(a.KeepAlive, keyInstance, a.Instance, keyActivity, a.Name)
	defer stop()
	if a.Again {
		d.performAgain(a)
		return
	}
	if !d.performOnce(a) {
		d.excuse(a, 0)
	}
}

// performOnce runs an activity and reports whether it is done with, rather than given
// back.
func (d *Dispatcher) performOnce(a hub.ActivityDelivery) bool {
	p := d.progress(a)
	result, failure := d.executor.Perform(d.work, replay.ActivityRun{
		Activity: a.Activity, Delivery: a.Attempt, Details: p.before, Heartbeat: p.tell,
	})
	p.end()
	if d.work.Err() != nil || !d.report(a, result, failure) {
		return false
	}
	if failure == nil {
		p.drop()
	}
	return true
}

// report sends an activity's result home, then removes the activity. It reports false
// if work had to stop first.
func (d *Dispatcher) report(a hub.ActivityDelivery, result []byte, failure *history.Failure) bool {
	// Built anew for each try: the hub's limits may have been lowered meanwhile.
	if d.post(func() hub.Message { return d.result(a.Activity, result, failure) }) != nil {
		return false
	}
	d.remove(a)
	return true
}

func (d *Dispatcher) remove(a hub.ActivityDelivery) {
	if err := a.Ack(); err != nil {
		d.log.Debug("activity was not acked and may run again", keyInstance, a.Instance, keyActivity, a.Name, keyError, err)
	}
}

// result is the control message that brings an activity's result home.
func (d *Dispatcher) result(a hub.Activity, result []byte, failure *history.Failure) hub.Message {
	if most := d.hub.MaxPayload(); failure == nil && len(result) > most {
		failure = &history.Failure{
			Type:         "ResultTooLarge",
			Message:      fmt.Sprintf("result of %d bytes, the hub's limit is %d: store it elsewhere and return a reference", len(result), most),
			NonRetryable: true,
		}
	}
	m := hub.Message{Instance: a.Instance, Execution: a.Execution, Verb: hub.VerbCompleted, Arg: record.TaskArg(a.Task), Data: result}
	if failure != nil {
		m.Verb, m.Data = hub.VerbFailed, failure.Fit(d.hub.MaxPayload()).JSON()
	}
	return m
}

// post sends a message, trying until it is stored or work has to stop.
func (d *Dispatcher) post(message func() hub.Message) error {
	var pauses retry.Pauses
	for {
		m := message()
		_, err := d.hub.Post(d.work, m)
		if err == nil {
			return nil
		}
		d.complain("result of an activity was not stored; trying again", err, keyInstance, m.Instance)
		if pauses.WaitFor(d.work, d.hub.Reach) != nil {
			return err
		}
	}
}

// release gives an activity back, to be handed out again after the pause.
func (d *Dispatcher) release(a hub.ActivityDelivery, pause time.Duration) {
	if err := a.Release(pause); err != nil {
		d.log.Debug("activity was not given back and comes again later", keyInstance, a.Instance, keyActivity, a.Name, keyError, err)
	}
}

// keepAlive tells the hub now and then that something is at work, until the function
// it returns is called. The attributes say what, for the log.
func (d *Dispatcher) keepAlive(say func() error, attributes ...any) (stop func()) {
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		tick := time.NewTicker(d.hub.KeepAliveInterval())
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if err := say(); err != nil {
				d.log.With(attributes...).Debug("what is at work could not say so", keyError, err)
			}
		}
	})
	return func() {
		close(done)
		telling.Wait()
	}
}
