package turn

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

const (
	// mostIdleGenerations bounds how often an instance may continue as new without
	// using up any of its inputs, before it is taken to be going round in circles.
	mostIdleGenerations = 1000
	// mostClosing bounds the decisions of the generations that one turn closes, in bytes: all
	// of them are in memory until they are sent.
	mostClosing = 64 << 20
	// mostSeenIDs bounds how many event ids a new generation remembers of the ones
	// before it.
	mostSeenIDs = 1000
)

// closeGeneration adds the last events of a generation that continues as new, and returns
// the inputs that it has not used up.
func closeGeneration(d *draft, events []record.Event) (carried []record.Event) {
	view := d.Code.View()
	d.Record.CustomStatus = view.CustomStatus // until the next generation sets another
	d.added = append(d.added, events...)
	return view.Unconsumed
}

// continueAsNew starts the next generation and returns the inputs to hand it: its start, the
// inputs that the generation before has left, and those in line. Idle counts the generations
// in a row that have used nothing up.
func continueAsNew(d *draft, last record.Event, carried, inputs []record.Event, idle int) []record.Event {
	if idle > mostIdleGenerations {
		d.add([]record.Event{{Kind: history.ExecutionFailed, Time: last.Time, Failure: &history.Failure{
			Type:    "ContinueAsNewLoop",
			Message: fmt.Sprintf("orchestrator %q continued as new %d times without waiting for anything", d.Record.Name, mostIdleGenerations),
		}}})
		return inputs // what is carried is in the history still
	}
	if d.closing += dataSize(record.Commanding(d.added[d.kept:])); d.closing > mostClosing {
		d.dropHistory()
		d.add([]record.Event{tooLarge(d, last.Time, d.closing, mostClosing)})
		return nil
	}
	for _, task := range d.history.allFailed() {
		d.obsolete = append(d.obsolete, record.HeartbeatKey(d.Record.Execution, task))
	}
	renew(d, last.Data)
	next := []record.Event{opening(d, last.Time, time.Time{})}
	for _, e := range carried {
		e.Time = last.Time
		next = append(next, e)
	}
	return append(next, inputs...)
}

// renew turns the instance into its next generation.
func renew(d *draft, input []byte) {
	v := &d.Record
	if decided := record.Commanding(d.added[d.kept:]); len(decided) > 0 {
		v.Closed = append(v.Closed, record.Closed{Execution: v.Execution, Events: decided})
	}
	d.dropHistory()
	v.Execution = v.ExecutionID().Next().String()
	v.Generation++
	v.Input = input
	v.SeenIDs = d.history.ids[max(0, len(d.history.ids)-mostSeenIDs):]
	d.Events = nil
	d.history = newHistoryState(v.SeenIDs, nil)
	d.Close()
}

// dataSize returns how many bytes the events' data have.
func dataSize(events []record.Event) int {
	n := 0
	for _, e := range events {
		n += len(e.Data)
	}
	return n
}
