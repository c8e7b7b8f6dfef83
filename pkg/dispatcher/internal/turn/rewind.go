package turn

import (
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// cannotBeRewound is the failure of a child whose history is not there any more.
const cannotBeRewound = "CannotBeRewound"

// notRewoundError is the error of code that agrees with no history to go on from.
type notRewoundError struct{ err error }

func (e *notRewoundError) Error() string { return "cannot be rewound: " + e.err.Error() }
func (e *notRewoundError) Unwrap() error { return e.err }

// takeRewind takes in that a failed instance is to try again. A message that names an
// execution means the failure of that execution, and no later one.
func takeRewind(d *draft, m hub.Message) (verdict, error) {
	if !d.Exists || d.Record.Status != history.Failed || !isWhole(d.Events) ||
		m.Execution != "" && m.Execution != d.Record.Execution {
		return stray, nil
	}
	return isTaken, d.attempt(func() error { return rewind(d, m.Data) })
}

// takeAskedAgain takes in that a parent which was rewound asks again for the instance. If
// it has failed it tries again, and if it was terminated it goes on; the answer is for the
// parent as it is now.
func takeAskedAgain(d *draft, m hub.Message) (verdict, error) {
	switch {
	case m.Arg != d.Record.Name:
		return refuse(d, m, instanceExists, fmt.Sprintf("instance %q runs orchestrator %q: purge it to run another", m.Instance, d.Record.Name)), nil
	case d.Record.Status == history.Failed && !isWhole(d.Events):
		return refuse(d, m, cannotBeRewound, fmt.Sprintf("the history of instance %q was too large to be stored: purge it to run it anew", m.Instance)), nil
	case d.Record.Status == history.Failed || d.Record.Status == history.Terminated && isWhole(d.Events):
		return rewindFor(d, m)
	}
	d.Record.Parent = m.Parent
	if !d.IsLive() {
		d.owe(d.Record.Answer()...) // the parent has forgotten how it ended
	}
	return isTaken, nil
}

// rewindFor rewinds the instance for a parent, which is told if that can never be done.
func rewindFor(d *draft, m hub.Message) (verdict, error) {
	err := d.attempt(func() error {
		d.Record.Parent = m.Parent
		return rewind(d, nil)
	})
	var not *notRewoundError
	if errors.As(err, &not) && d.limits.fails(err) {
		d.Record.Parent = m.Parent
		return refuse(d, m, cannotBeRewound, err.Error()), nil
	}
	return isTaken, err
}

// isNewer reports whether a parent has been rewound since it was last heard of.
func isNewer(parent, known *record.Parent) bool {
	return parent != nil && known != nil && record.ParseExecutionID(parent.Execution, 0).Rewinds > record.ParseExecutionID(known.Execution, 0).Rewinds
}

// rewind takes the end of the history back, and the failures that led to it, and
// lets the code go on from there. Results are kept; the activities and children that failed
// are asked for again. The execution gets another id, so that no late answer to an earlier
// request counts.
func rewind(d *draft, reason []byte) error {
	plan := planRewind(d.Events)
	base, err := wakeAt(d, plan.bases)
	if err != nil {
		return &notRewoundError{err}
	}
	now := d.time()
	d.dropHistory()
	v := &d.Record
	failure := v.Failure
	v.Status, v.Output, v.Failure = history.Running, nil, nil
	v.Execution = record.ParseExecutionID(v.Execution, 0).Rewound().String()
	d.history = newHistoryState(v.SeenIDs, base)
	if plan.handsOver {
		d.history.setOpen(plan.final.Task, nil)
	}
	d.added, d.kept = base, len(base)
	again := append([]record.Event{{Kind: history.ExecutionRewound, Time: now, Data: reason, Failure: failure}}, askedAgain(d, now)...)
	for _, e := range again {
		if _, err := d.Code.Handle(e); err != nil {
			return err
		}
	}
	d.add(again)
	return handOver(d, plan.inputs(), now)
}

// wakeAt makes the code live at the end of the first history that it agrees with, and
// returns that.
func wakeAt(d *draft, histories [][]record.Event) ([]record.Event, error) {
	var failed error
	for _, events := range histories {
		d.Close()
		d.Events = events
		err := d.wake()
		if err == nil {
			return events, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// handOver hands the inputs over that the code had not acted on when the instance ended, and
// the events that were kept since.
func handOver(d *draft, inputs []record.Event, now time.Time) error {
	for i := range inputs {
		inputs[i].Time = now
		if inputs[i].Kind == history.EventRaised {
			d.history.see(seenKey(inputs[i].Name, inputs[i].EventID()))
		}
	}
	_, err := handle(d, append(inputs, earlyEvents(d, now)...)...)
	if err == nil {
		d.Record.Kept = nil
	}
	return err
}

// askedAgain returns events that ask again for all open tasks: those that failed, and those
// that may have ended while nobody was there to hear of it.
func askedAgain(d *draft, now time.Time) []record.Event {
	var again []record.Event
	for _, asked := range d.history.allOpen() {
		if d.Code.Awaits(asked.Task) { // else the code has cancelled it
			again = append(again, asked.Repeated().On(now))
		}
	}
	return again
}
