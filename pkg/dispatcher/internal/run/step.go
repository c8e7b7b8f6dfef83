package run

import (
	"fmt"
	"math"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// step is the pure middle of a turn: it takes messages in and works out what is
// to be stored and done. It does no I/O and reads no clock.
type step struct {
	*episode
	executor   Executor
	maxPayload int
	maxValue   int
	now        time.Time
	// keepsIDs is set where the hub uses the id of an instance for no other one.
	keepsIDs bool
	// isFatal tells errors of the code that fail the instance from those that only
	// block it; nil for none.
	isFatal func(error) bool

	// fresh are the events that this turn adds to the present generation, behind
	// old ones that a rewind has kept.
	fresh []record.Event
	old   int
	// taken counts the messages of the batch that are dealt with.
	taken int
	// changed is set when there is something to store.
	changed bool
	// obsolete are the keys of segments that are not needed once it is stored.
	obsolete []string
	// strays is set when a message was found to change nothing, which only the
	// newest value can tell for certain.
	strays bool
	// rejected says of messages, by number, why they go to the dead letters.
	rejected map[uint64]string
	// receipts say what became of events.
	receipts []receipt
	// blocked says why the code cannot take up the next message, torn that it broke
	// off where the step cannot go back to before that message: it had touched the
	// history already.
	blocked error
	torn    bool
	touched bool
	// idle counts generations that used nothing up, one after another; left is how
	// much the last one had left.
	idle, left int
	// took is set when a wait has taken the event that was handed over.
	took bool
	// spilled is what was put into segments of what closed generations have decided.
	spilled []record.Closed
	// closing is the size of what the generations that this turn closes have asked
	// for.
	closing int
}

// blockWith says that the code cannot take up the next message, if it could take
// those before.
func (s *step) blockWith(err error) {
	if err != nil && s.blocked == nil {
		s.blocked = err
		s.changed = s.showBlocked(s.now, err) || s.changed
	}
}

// Bounds of what one turn takes in.
const (
	mostMessages = 256
	mostBytes    = 256 << 10
)

// advance takes in messages, in order. It stops early where the turn has enough,
// where the instance ends, and where its code cannot go on.
func (s *step) advance(messages []hub.Delivery) {
	s.value.Closed = nil
	for bytes := 0; s.taken < min(len(messages), mostMessages); s.taken++ {
		m := messages[s.taken]
		bytes += len(m.Data)
		if s.taken > 0 && bytes > mostBytes || s.hasEnough() || s.changed && m.Replaces == hub.AnyAtAll {
			break // who makes way for another does so in a turn of its own
		}
		s.touched = false
		if s.blocked = s.take(m); s.blocked != nil {
			s.torn = s.touched
			s.skipToEnd(messages)
			break
		}
	}
	if s.changed {
		if len(s.fresh) > 0 || !s.value.Status.Ended() {
			s.show(s.now)
		}
		s.value.Turn = len(s.fresh) - s.old
	}
	if s.exists && (s.held == nil || s.blocked == nil) {
		s.changed = s.showBlocked(s.now, s.blocked) || s.changed
	}
}

// hasEnough reports whether the turn must end here: the instance has ended, or it
// has closed as much as one value can hold.
func (s *step) hasEnough() bool {
	return s.changed && !s.isLive() || s.closing > s.maxPayload
}

// take takes in one message. It returns an error if the code is needed and
// cannot take it.
func (s *step) take(m hub.Delivery) error {
	if err := s.heldBack(m.Message); err != nil {
		return err
	}
	if s.exists && m.Seq <= s.value.Watermark {
		return nil
	}
	if size := len(m.Data) + len(m.Arg); s.maxValue > 0 && size+sealAt > s.maxValue && (s.isLive() || m.Verb == hub.VerbStart) {
		return fmt.Errorf("%w: %s %q has a payload of %d bytes, and the hub stores %d", record.ErrTooLarge, m.Verb, m.Arg, len(m.Data), s.maxValue)
	}
	var err error
	v := stray
	switch {
	case m.Verb == hub.VerbStart:
		v, err = s.takeStart(m)
	case m.Verb == hub.VerbRewind:
		v, err = s.takeRewind(m.Message)
	case s.isSpokenTo(m.Message):
		v, err = s.takeInput(m.Message)
	case m.Verb == hub.VerbRaise:
		v = s.keep(m)
	}
	if err != nil {
		return err
	}
	if v == stray {
		s.strays = true
		return nil
	}
	s.value.Watermark = m.Seq
	s.changed = true
	return nil
}

// takeInput takes in what is said to the live execution.
func (s *step) takeInput(m hub.Message) (verdict, error) {
	input, v := s.admit(m, s.now)
	switch {
	case v != taken:
	case input.Kind == history.ExecutionTerminated:
		s.record(s.terminate(input, m.KeepChildren))
	default:
		if err := s.handle(input); err != nil {
			return v, err
		}
	}
	if m.Verb == hub.VerbRaise {
		s.answer(m, v)
	}
	return v, nil
}

// handle hands inputs to the code, and where that continues as new, what was carried
// over to the next generation. What is left when the instance fails stays in its
// history, for a rewind to hand over.
func (s *step) handle(inputs ...record.Event) error {
	s.idle, s.left, s.took = 0, math.MaxInt, false
	for len(inputs) > 0 && s.isLive() {
		input := inputs[0]
		inputs = inputs[1:]
		decisions, err := s.ask(input)
		if err != nil {
			return err
		}
		events := append([]record.Event{input}, decisions...)
		last := events[len(events)-1]
		if last.Kind != history.ContinuedAsNew {
			s.record(events)
			continue
		}
		s.book.note(input) // its id is to be known in the next generation too
		view := s.live.View()
		s.value.CustomStatus = view.CustomStatus // until the next generation sets another
		s.fresh = append(s.fresh, events[:len(events)-1]...)
		inputs = s.continueAsNew(last, view.Unconsumed, inputs)
	}
	s.leave(inputs)
	return nil
}

// leave adds inputs to the history of an instance that has failed before it could be
// handed them. Any other end makes them void.
func (s *step) leave(inputs []record.Event) {
	if s.value.Status != history.Failed {
		return
	}
	for _, input := range inputs {
		s.book.note(input)
		s.fresh = append(s.fresh, input)
	}
}

// ask hands an input to the code, which is made live if it is not, and returns what
// it decides. Where its error is fatal it is taken to have failed.
func (s *step) ask(input record.Event) ([]record.Event, error) {
	decisions, err := s.hand(input)
	if err == nil || s.isFatal == nil || !s.isFatal(err) {
		return decisions, err
	}
	s.close()
	failed := record.Event{Kind: history.ExecutionFailed, Time: input.Time, Failure: &history.Failure{
		Type: replay.TypeName(err), Message: err.Error(), NonRetryable: true,
	}}
	return append(s.cancelTimers(input.Time), failed), nil
}

func (s *step) hand(input record.Event) ([]record.Event, error) {
	if err := s.wake(s.executor, s.maxPayload); err != nil {
		return nil, err
	}
	decisions, err := s.live.Handle(input)
	if err != nil {
		s.close()
		return nil, err
	}
	s.took = s.took || input.Kind == history.EventRaised && s.live.Took()
	return decisions, nil
}

// record adds events to the history.
func (s *step) record(events []record.Event) {
	s.touched = true
	for i := range events {
		s.book.note(events[i])
		if f := events[i].Failure; f != nil && events[i].Kind == history.ExecutionFailed {
			events[i].Failure = f.Fit(s.maxPayload)
		}
	}
	s.conclude(events)
	s.fresh = append(s.fresh, events...)
}
