package dispatcher

import (
	"fmt"
	"math"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// step is the pure middle of a turn: it takes messages in and works out what is
// to be stored and done. It does no I/O and reads no clock.
type step struct {
	*episode
	executor   Executor
	maxPayload int
	now        time.Time

	// fresh are the events that this turn adds to the present generation.
	fresh []history.Event
	// taken counts the messages of the batch that are dealt with.
	taken int
	// changed is set when there is something to store.
	changed bool
	// obsolete are the keys of segments that are not needed once it is stored.
	obsolete []string
	// strays is set when a message was found to change nothing, which only the
	// newest value can tell for certain.
	strays bool
	// blocked says why the code cannot take up the next message, torn that it broke
	// off where the step cannot go back to before that message.
	blocked error
	torn    bool
	// idle counts generations that used nothing up, one after another; left is how
	// much the last one had left.
	idle, left int
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
// where the instance ends, where its code cannot go on, and where it has closed as
// much as one value can hold.
func (s *step) advance(messages []history.Delivery) {
	s.value.Closed = nil
	for bytes := 0; s.taken < min(len(messages), mostMessages); s.taken++ {
		m := messages[s.taken]
		bytes += len(m.Data)
		enough := s.taken > 0 && bytes > mostBytes || s.closing > s.maxPayload
		if enough || (s.changed && !s.isLive()) {
			break
		}
		if s.blocked = s.take(m); s.blocked != nil {
			s.skipToTerminate(messages)
			break
		}
	}
	if s.changed {
		s.show(s.now, s.blocked)
		s.value.Turn = len(s.fresh)
	}
	s.changed = s.showBlocked(s.now, s.blocked) || s.changed
}

// take takes in one message. It returns an error if the code is needed and
// cannot take it.
func (s *step) take(m history.Delivery) error {
	if s.exists && m.Seq <= s.value.Watermark {
		return nil
	}
	if s.replacedBy(m.Message) {
		s.startOver()
		s.begin(m)
	}
	if !s.isSpokenTo(m.Message) {
		s.strays = true
		return nil
	}
	input, verdict := s.admit(m.Message, s.now)
	if verdict == taken {
		if err := s.handle(input); err != nil {
			return err
		}
	}
	if verdict != stray {
		s.value.Watermark = m.Seq
		s.changed = true
	}
	s.strays = s.strays || verdict == stray
	return nil
}

// handle hands an input to the code, and where that continues as new, what was
// carried over to the next generation.
func (s *step) handle(input history.Event) error {
	s.idle, s.left = 0, math.MaxInt
	for inputs := []history.Event{input}; len(inputs) > 0 && s.isLive(); {
		input, inputs = inputs[0], inputs[1:]
		if input.Kind == history.ExecutionTerminated {
			s.record(s.terminate(input))
			return nil
		}
		decisions, err := s.ask(input)
		if err != nil {
			return err
		}
		events := append([]history.Event{input}, decisions...)
		last := events[len(events)-1]
		if last.Kind != history.ContinuedAsNew {
			s.record(events)
			continue
		}
		s.book.note(input) // its id is to be known in the next generation too
		carried := s.live.View().Unconsumed
		s.fresh = append(s.fresh, events[:len(events)-1]...)
		inputs = s.continueAsNew(last, carried, inputs)
		s.torn = true // until the new generation has its inputs
	}
	s.torn = false
	return nil
}

// ask hands an input to the code, which is made live if it is not.
func (s *step) ask(input history.Event) ([]history.Event, error) {
	if err := s.wake(s.executor, s.maxPayload); err != nil {
		return nil, err
	}
	decisions, err := s.live.Handle(input)
	if err != nil {
		s.close()
	}
	return decisions, err
}

// record adds events to the history.
func (s *step) record(events []history.Event) {
	for _, e := range events {
		s.book.note(e)
	}
	s.conclude(events)
	s.fresh = append(s.fresh, events...)
}

// startOver drops the history: a new execution or generation begins.
func (s *step) startOver() {
	for _, segment := range s.value.Segments {
		s.obsolete = append(s.obsolete, segment.Key)
	}
	s.value.Segments, s.value.Log, s.fresh = nil, history.Log{}, nil
}

// mostIdleGenerations bounds how often an instance may continue as new without
// using up any of its inputs, before it is taken to be going round in circles.
const mostIdleGenerations = 1000

// continueAsNew starts the next generation and returns the inputs it is to be
// handed: its start, what the one before has left, and what was in line.
func (s *step) continueAsNew(last history.Event, carried, inputs []history.Event) []history.Event {
	left := len(carried) + len(inputs)
	if s.idle++; left < s.left {
		s.idle = 0
	}
	s.left = left
	if s.idle > mostIdleGenerations {
		failed := history.Event{Kind: history.ExecutionFailed, Time: last.Time, Failure: &history.Failure{
			Type:    "ContinueAsNewLoop",
			Message: fmt.Sprintf("orchestrator %q continued as new %d times without waiting for anything", s.value.Name, mostIdleGenerations),
		}}
		s.record([]history.Event{failed})
		return nil
	}
	s.closing += dataSize(history.Commanding(s.fresh))
	if most := 4 * s.maxPayload; s.closing > most {
		s.value.Closed = nil
		s.startOver()
		s.record([]history.Event{s.tooLarge(last.Time, s.closing, most)})
		return nil
	}
	s.renew(last.Data, s.fresh)
	s.startOver()
	next := []history.Event{{Kind: history.ExecutionStarted, Time: last.Time, Name: s.value.Name}}
	for _, e := range carried {
		e.Time = last.Time
		next = append(next, e)
	}
	return append(next, inputs...)
}

// overflow fails the instance in place of what this turn has led to, which is more
// than the hub can store.
func (s *step) overflow(size, most int) {
	s.value.Closed, s.value.Waits, s.value.CustomStatus = nil, nil, nil
	s.value.Output, s.value.SeenIDs, s.value.Log, s.fresh = nil, nil, history.Log{}, nil
	s.record(append(s.cancelTimers(s.book.last), s.tooLarge(s.book.last, size, most)))
	s.value.Log = history.NewLog(s.fresh...)
	s.value.Turn = len(s.fresh)
}

// tooLarge is the end of an instance that the hub cannot store.
func (s *step) tooLarge(now time.Time, size, most int) history.Event {
	return history.Event{Kind: history.ExecutionFailed, Time: now, Failure: &history.Failure{
		Type: "StateTooLarge",
		Message: fmt.Sprintf("the state of orchestrator %q takes %d bytes, the hub's limit is %d: "+
			"keep what is large elsewhere and pass a reference", s.value.Name, size, most),
	}}
}

// skipToTerminate lets an instance whose code cannot go on be ended all the same:
// if a terminate is waiting, what came before it does not matter any more.
func (s *step) skipToTerminate(batch []history.Delivery) {
	for i := s.taken; i < len(batch); i++ {
		input, verdict := s.admit(batch[i].Message, s.now)
		if verdict != taken || input.Kind != history.ExecutionTerminated {
			continue
		}
		s.record(s.terminate(input))
		s.value.Watermark = batch[i].Seq
		s.taken, s.changed, s.blocked, s.torn = i+1, true, nil, false
		return
	}
}

// dataSize returns how many bytes the events' data have.
func dataSize(events []history.Event) int {
	n := 0
	for _, e := range events {
		n += len(e.Data)
	}
	return n
}
