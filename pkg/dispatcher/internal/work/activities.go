package work

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/mark"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Performer runs users' activities.
type Performer interface {
	// Perform runs an activity and returns its result, or how it failed.
	Perform(ctx context.Context, run replay.ActivityRun) ([]byte, *history.Failure)
	// Activities returns the names of the activities it can perform.
	Activities() []string
}

// Limits bound the activities of a worker.
type Limits struct {
	// Running is how many activities of one name run at a time.
	Running int
	// LostRuns is after how many runs that did not come back, one after another, an
	// activity has failed.
	LostRuns int
}

// Activities runs the activities that a hub hands out.
type Activities struct {
	desk
	performer Performer
	limits    Limits
	marks     mark.Marks
	// alone is held by a run that is under suspicion of ending its worker.
	alone sync.Mutex
}

// NewActivities returns the activities of a hub.
func NewActivities(h Hub, performer Performer, limits Limits, m *monitor.Monitor) *Activities {
	return &Activities{desk: desk{h, m}, performer: performer, limits: limits, marks: mark.New(h, m)}
}

// Serve runs activities of one name until ctx ends, then lets those at work finish. They
// are cut off when work ends.
func (w *Activities) Serve(ctx, work context.Context, name string) {
	w.handOut(ctx, fmt.Sprintf("activity %q", name), func(ctx context.Context) (hub.Session, error) {
		return w.hub.Work(ctx, name, w.limits.Running, func(a hub.ActivityDelivery) { w.perform(work, a) })
	})
}

// perform runs one activity: perform → report → ack. A crash before the ack
// brings it back, to be run again; the engine drops a second result.
func (w *Activities) perform(ctx context.Context, a hub.ActivityDelivery) {
	w.monitor.Idle.Begin()
	defer w.monitor.Idle.End()
	stop := w.keepAlive(a.KeepAlive, monitor.KeyInstance, a.Instance, monitor.KeyActivity, a.Name)
	defer stop()
	if a.Again {
		w.performAgain(ctx, a)
		return
	}
	if !w.performOnce(ctx, a) {
		w.excuse(ctx, a, 0)
	}
}

// performOnce runs an activity and reports whether it is done with, rather than given
// back.
func (w *Activities) performOnce(ctx context.Context, a hub.ActivityDelivery) bool {
	p := w.progress(ctx, a)
	result, failure := w.performer.Perform(ctx, replay.ActivityRun{
		Activity: a.Activity, Delivery: a.Attempt, Details: p.before, Heartbeat: p.tell,
	})
	p.end()
	if ctx.Err() != nil || !w.report(ctx, a, result, failure) {
		return false
	}
	if failure == nil {
		p.drop()
	}
	return true
}

// report sends an activity's result home, then removes the activity. It reports false
// if work had to stop first.
func (w *Activities) report(ctx context.Context, a hub.ActivityDelivery, result []byte, failure *history.Failure) bool {
	// Built anew for each try: the hub's limits may have been lowered meanwhile.
	if w.post(ctx, func() hub.Message { return w.result(a.Activity, result, failure) }) != nil {
		return false
	}
	w.remove(a)
	return true
}

func (w *Activities) remove(a hub.ActivityDelivery) {
	if err := a.Ack(); err != nil {
		w.monitor.Log.Debug("activity was not acked and may run again", monitor.KeyInstance, a.Instance, monitor.KeyActivity, a.Name, monitor.KeyError, err)
	}
}

// result is the control message that brings an activity's result home.
func (w *Activities) result(a hub.Activity, result []byte, failure *history.Failure) hub.Message {
	if most := w.hub.MaxPayload(); failure == nil && len(result) > most {
		failure = &history.Failure{
			Type:         "ResultTooLarge",
			Message:      fmt.Sprintf("result of %d bytes, the hub's limit is %d: store it elsewhere and return a reference", len(result), most),
			NonRetryable: true,
		}
	}
	m := hub.Message{Instance: a.Instance, Execution: a.Execution, Verb: hub.VerbCompleted, Arg: record.TaskArg(a.Task), Data: result}
	if failure != nil {
		m.Verb, m.Data = hub.VerbFailed, failure.Fit(w.hub.MaxPayload()).JSON()
	}
	return m
}

// post sends a message, trying until it is stored or work has to stop.
func (w *Activities) post(ctx context.Context, message func() hub.Message) error {
	var pauses retry.Pauses
	for {
		m := message()
		_, err := w.hub.Post(ctx, m)
		if err == nil {
			return nil
		}
		w.monitor.Complain("result of an activity was not stored; trying again", err, monitor.KeyInstance, m.Instance)
		if pauses.WaitFor(ctx, w.hub.Reach) != nil {
			return err
		}
	}
}

// release gives an activity back, to be handed out again after the pause.
func (w *Activities) release(a hub.ActivityDelivery, pause time.Duration) {
	if err := a.Release(pause); err != nil {
		w.monitor.Log.Debug("activity was not given back and comes again later", monitor.KeyInstance, a.Instance, monitor.KeyActivity, a.Name, monitor.KeyError, err)
	}
}
