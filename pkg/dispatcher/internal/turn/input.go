package turn

import (
	"encoding/json"
	"math"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// takeInput takes in a message for the live execution.
func takeInput(d *draft, m hub.Message) (verdict, error) {
	input, v := classify(d, m)
	took := false
	switch {
	case v != isTaken:
	case input.Kind == history.ExecutionTerminated:
		d.add(terminate(d, input, m.KeepChildren))
	default:
		err := d.attempt(func() (err error) {
			took, err = handle(d, input)
			return err
		})
		if err != nil {
			return v, err
		}
	}
	if m.Verb == hub.VerbRaise {
		reply(d, m, v, took)
	}
	return v, nil
}

// handle hands inputs to the code, one at a time. If the code continues as new, the next
// generation is handed the inputs that are carried over to it. Took is set if a wait has taken
// one of the events.
func handle(d *draft, inputs ...record.Event) (took bool, err error) {
	idle, left := 0, math.MaxInt
	for len(inputs) > 0 && d.IsLive() {
		input := inputs[0]
		inputs = inputs[1:]
		decisions, taken, err := hand(d, input)
		if err != nil {
			return false, err
		}
		took = took || taken
		events := append([]record.Event{input}, decisions...)
		last := events[len(events)-1]
		if last.Kind != history.ContinuedAsNew {
			d.add(events)
			continue
		}
		d.history.note(input) // its id is to be known in the next generation too
		carried := closeGeneration(d, events[:len(events)-1])
		if idle++; len(carried)+len(inputs) < left {
			idle = 0
		}
		left = len(carried) + len(inputs)
		inputs = continueAsNew(d, last, carried, inputs, idle)
	}
	keepForRewind(d, inputs)
	return took, nil
}

// keepForRewind adds inputs to the history of an instance that has failed before it could be handed
// them: a rewind hands them over. Any other end makes them void.
func keepForRewind(d *draft, inputs []record.Event) {
	if d.Record.Status != history.Failed {
		return
	}
	for _, input := range inputs {
		d.history.note(input)
		d.added = append(d.added, input)
	}
}

// hand hands an input to the code, which is made live if it is not, and returns its
// decisions. After a fatal error of the code its decision is to fail.
func hand(d *draft, input record.Event) (decisions []record.Event, took bool, err error) {
	err = d.wake()
	if err == nil {
		decisions, err = d.Code.Handle(input)
	}
	switch {
	case err == nil:
		return decisions, input.Kind == history.EventRaised && d.Code.Took(), nil
	case !d.limits.fails(err):
		return nil, false, err
	}
	d.Close()
	failed := record.Event{Kind: history.ExecutionFailed, Time: input.Time, Failure: &history.Failure{
		Type: replay.TypeName(err), Message: err.Error(), NonRetryable: true,
	}}
	return append(cancelTimers(d, input.Time), failed), false, nil
}

// reply says what became of an event, if its sender wants to know.
func reply(d *draft, m hub.Message, v verdict, took bool) {
	outcome := history.Buffered
	switch {
	case v == known:
		outcome = history.Duplicate
	case v == stray:
		outcome = history.Discarded
	case took:
		outcome = history.Delivered
	}
	replyWith(d, m, outcome)
}

func replyWith(d *draft, m hub.Message, outcome history.Outcome) {
	if m.Receipt != "" {
		d.replies = append(d.replies, Reply{m.Receipt, outcome})
	}
}

// reasonJSON makes a terminate's payload the output of the instance: JSON as it came,
// anything else as a JSON string.
func reasonJSON(data []byte) []byte {
	if len(data) == 0 || json.Valid(data) {
		return data
	}
	text, err := json.Marshal(string(data))
	if err != nil {
		return nil
	}
	return text
}
