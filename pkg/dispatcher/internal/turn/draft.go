package turn

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Limits bound a turn.
type Limits struct {
	// Payload is the largest payload in bytes that the hub stores, Record the largest
	// record; 0 for any.
	Payload, Record int
	// KeepsIDs is set if the hub uses the id of an instance for no other one.
	KeepsIDs bool
	// IsFatal tells errors of the code that fail the instance from those that only block
	// it; nil for none.
	IsFatal func(error) bool
}

func (l Limits) fails(err error) bool { return l.IsFatal != nil && l.IsFatal(err) }

// draft is a turn that is being worked out: a copy of the instance, and all that the outcome
// will hold. It can be restored from a copy.
type draft struct {
	Instance
	executor Executor
	limits   Limits
	now      time.Time

	// added are the events that this turn adds to the present generation, behind the
	// first kept ones, which a rewind has kept.
	added []record.Event
	kept  int
	// closing is the size of the decisions of the generations that this turn closes.
	closing  int
	obsolete []string
	replies  []Reply
	rejected map[uint64]string
	// spare is a layer for the history state that can be used again.
	spare *layer
}

// attempt makes changes all or none. On an error it restores the draft as it was before, and
// unloads the code, since that may have been run on.
func (d *draft) attempt(change func() error) error {
	before := *d
	d.history.layer = d.history.onTop(&d.spare)
	if err := change(); err != nil {
		d.Close()
		*d = before
		d.Code = nil
		return err
	}
	if d.history.below == before.history.layer { // else it was begun anew
		d.spare = d.history.layer
		d.history.layer = d.history.merge()
	}
	return nil
}

// add adds events to the history, and sets the status that they leave the instance with.
func (d *draft) add(events []record.Event) {
	for i := range events {
		d.history.note(events[i])
		if f := events[i].Failure; f != nil && events[i].Kind == history.ExecutionFailed {
			events[i].Failure = f.Fit(d.limits.Payload)
		}
	}
	d.conclude(events)
	d.added = append(d.added, events...)
}

// conclude sets the status that the events leave the instance with. Output and failure move
// from the event of an end into the record, so that they are stored once.
func (d *draft) conclude(events []record.Event) {
	v := &d.Record
	switch {
	case d.history.suspended:
		v.Status = history.Suspended
	case d.history.delayed:
		v.Status = history.Pending
	default:
		v.Status = history.Running
	}
	for i := range events {
		switch end := &events[i]; end.Kind {
		case history.ExecutionTerminated:
			v.Status, v.Output = history.Terminated, reasonJSON(end.Data)
		case history.ExecutionCompleted:
			v.Status, v.Output, end.Data = history.Completed, end.Data, nil
		case history.ExecutionFailed:
			v.Status, v.Failure, end.Failure = history.Failed, end.Failure, nil
		}
	}
}

// time returns the time of an input: a history's times never run backwards.
func (d *draft) time() time.Time {
	if d.history.last.After(d.now) {
		return d.history.last
	}
	return d.now
}

// wake makes the code live, if it is not.
func (d *draft) wake() error {
	if d.Code != nil {
		return nil
	}
	live, err := d.executor.Begin(replay.Execution{
		Instance: d.ID, ID: record.Unwound(d.Record.Execution), Name: d.Record.Name,
		Generation: d.Record.Generation, Version: d.history.version, Parent: d.Record.Parent,
		Input: d.Record.Input, CustomStatus: d.Record.CustomStatus, MaxPayload: d.limits.Payload,
	}, d.Events)
	if err != nil {
		return err
	}
	d.Code, d.Events = live, nil
	return nil
}

// dropHistory drops the history: a new execution or generation begins.
func (d *draft) dropHistory() {
	for _, segment := range d.Record.Segments {
		d.obsolete = append(d.obsolete, segment.Key)
	}
	d.Record.Segments, d.Record.Log, d.added, d.kept = nil, record.Log{}, nil, 0
}

// owe makes answers to parents a part of what the turn decides: the record holds them until
// they are sent.
func (d *draft) owe(told ...record.Event) {
	if len(told) > 0 {
		d.Record.Closed = append(d.Record.Closed, record.Closed{Execution: d.Record.Execution, Events: told})
	}
}

// outcome returns the outcome that the draft amounts to.
func (d *draft) outcome() *Outcome {
	return &Outcome{
		Next: d.Instance, Events: d.added, Kept: d.kept,
		Obsolete: d.obsolete, Replies: d.replies, Rejected: d.rejected,
	}
}
