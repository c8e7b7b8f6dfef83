package turn

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// terminate returns the events that end the instance from outside: its code is not run.
func terminate(d *draft, input record.Event, keepChildren bool) []record.Event {
	events := append([]record.Event{input}, cancelTimers(d, input.Time)...)
	if keepChildren {
		return events
	}
	for _, asked := range d.history.allOpen() {
		if asked.Kind == history.ChildScheduled {
			events = append(events, record.ChildTerminated(asked.Task, asked.Instance(), input.Data).On(input.Time))
		}
	}
	return events
}

// cancelTimers returns the events that take back all timers that are set.
func cancelTimers(d *draft, now time.Time) []record.Event {
	var events []record.Event
	for _, asked := range d.history.allOpen() {
		if asked.Kind == history.TimerCreated {
			events = append(events, record.Event{Kind: history.TimerCancelled, Time: now, Task: asked.Task})
		}
	}
	return events
}

// Overflow returns an outcome that fails the instance, in place of one whose record takes
// size bytes beside its log: more than the hub stores.
func (o *Outcome) Overflow(size int, limits Limits) *Outcome {
	d := draft{Instance: o.Next, limits: limits, obsolete: o.Obsolete, replies: o.Replies, rejected: o.Rejected}
	now := d.history.last
	d.dropHistory()
	d.Record.Waits, d.Record.CustomStatus, d.Record.Output, d.Record.SeenIDs = nil, nil, nil, nil
	d.add(append(cancelTimers(&d, now), tooLarge(&d, now, size, limits.Record)))
	d.Record.Turn = len(d.added)
	failed := d.outcome()
	failed.Kind, failed.Taken, failed.Err, failed.Changed = o.Kind, o.Taken, o.Err, o.Changed
	failed.Spilled = o.Spilled
	return failed
}

// tooLarge is the end of an instance that the hub cannot store.
func tooLarge(d *draft, now time.Time, size, most int) record.Event {
	return record.Event{Kind: history.ExecutionFailed, Time: now, Failure: &history.Failure{
		Type: history.StateTooLarge,
		Message: fmt.Sprintf("the state of orchestrator %q takes %d bytes, the hub's limit is %d: "+
			"keep what is large elsewhere and pass a reference", d.Record.Name, size, most),
	}}
}

// Shrink returns the record of an instance that has ended, without the parts that the hub has
// no room for: so any instance can be terminated, and can fail.
func Shrink(v record.InstanceRecord, most int) record.InstanceRecord {
	for _, drop := range []func(){
		func() { v.Waits, v.CustomStatus, v.SeenIDs = nil, nil, nil },
		func() { dropInput(&v) },
		func() { v.Output = nil },
		func() { v.Kept = nil },
	} {
		if v.Beside()+min(v.Log.Size(), record.SealAt) <= most {
			return v
		}
		drop()
	}
	return v
}

// dropInput drops the input, and says so: the instance cannot be restarted.
func dropInput(v *record.InstanceRecord) {
	if len(v.Input) == 0 {
		return
	}
	dropped := &history.Failure{
		Type:    history.InputDropped,
		Message: fmt.Sprintf("the input had %d bytes, which the hub has no room for any more", len(v.Input)),
	}
	v.Input = nil
	if v.Failure == nil {
		v.Failure = dropped
		return
	}
	failure := *v.Failure
	failure.Cause, v.Failure = dropped, &failure
}
