package dispatcher

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// takeStart takes in a start: it begins a new execution, or is news to nobody, or
// is refused.
func (s *step) takeStart(m history.Delivery) (verdict, error) {
	makesWay := s.isLive() && m.Replaces == history.AnyAtAll
	switch {
	case s.exists && history.IsRunOf(m.Execution, s.value.Execution):
		return s.takeOwnStart(m)
	case makesWay:
		s.makeWay(m)
	case s.isLive() && m.With != nil:
		return s.takeEventOf(m)
	case !s.mayReplace(m.Message):
		return s.refuse(m.Message, "InstanceExists", fmt.Sprintf("instance %q is %s", m.Instance, s.value.Status)), nil
	}
	s.claim(m)
	err := s.begin(m)
	if err != nil && makesWay {
		s.torn = true // what cannot begin does not put an end to what is live
	}
	return taken, err
}

// takeOwnStart takes in the start of the execution that is there: what is there may
// be no more than its claim.
func (s *step) takeOwnStart(m history.Delivery) (verdict, error) {
	switch {
	case !s.isLive():
		return stray, nil // it has run, and who wanted to know has been told
	case s.book.started:
		return known, nil
	}
	return taken, s.begin(m)
}

// takeEventOf takes in the event that came along with a start, for an instance that
// somebody else has started. If that start has yet to come, the event comes after it.
func (s *step) takeEventOf(m history.Delivery) (verdict, error) {
	m.Message = raiseOf(m.Message)
	if s.book.started {
		return s.takeInput(m.Message)
	}
	m.At = history.LatestTime
	return s.keep(m), nil
}

// mayReplace reports whether a start message may make this instance a new one:
// it must have seen the very value that is stored now, or have seen none and
// find none that is live. One that brings an event along needs only the latter: what
// it replaces is a matter of its claim.
func (e *episode) mayReplace(m history.Message) bool {
	if e.isLive() {
		return false
	}
	return m.Replaces == e.revision || m.Replaces == history.AnyEnded || m.Replaces == history.AnyAtAll || m.With != nil
}

// makeWay ends the live execution, for another one to take its place. What it has
// decided last is kept: its value is about to go.
func (s *step) makeWay(m history.Delivery) {
	input := history.Event{Kind: history.ExecutionTerminated, Time: s.time(s.now), Data: []byte(`"replaced by a new start"`)}
	s.record(s.terminate(input, m.KeepChildren))
	s.value.Turn = len(s.fresh) - s.old
	s.value.Closed = s.value.LastTurn(s.fresh)
}

// claim makes the instance a new one, as a start message asks. Events that are kept
// for it stay, and so do the number of what was taken in and what is to be done.
func (s *step) claim(m history.Delivery) {
	s.close()
	s.startOver()
	before := s.value
	if !s.exists {
		before = history.Value{}
	}
	s.exists = true
	s.value = history.Value{
		Name: m.Arg, Execution: m.Execution, Status: history.Pending, Created: m.Stored, Input: m.Data,
		Tags: m.Tags, Version: m.Version,
		Watermark: before.Watermark, Kept: before.Kept, Closed: before.Closed,
	}
	s.events = nil
	s.book = newBook(nil, nil)
}

// begin hands a new execution its start, the events that were kept for it, and the
// one that came with the start.
func (s *step) begin(m history.Delivery) error {
	s.value.Parent = m.Parent
	now := s.time(s.now)
	if err := s.handle(s.opening(now, m.At)); err != nil {
		return err
	}
	if err := s.handOverKept(now); err != nil || m.With == nil {
		return err
	}
	err := s.handleEarly(history.Event{Kind: history.EventRaised, Time: now, Name: m.With.Name, ID: m.With.ID, Data: m.With.Data})
	if err == nil {
		s.answer(raiseOf(m.Message), taken)
	}
	return err
}

// handOverKept hands over the events that were kept for the execution, those whose
// time is up left out.
func (s *step) handOverKept(now time.Time) error {
	early := s.value.Kept
	s.value.Kept = nil
	for _, e := range early {
		if e.At.Before(s.now) {
			continue
		}
		e.Time, e.At = now, time.Time{}
		if err := s.handleEarly(e); err != nil {
			return err
		}
	}
	return nil
}

// handleEarly hands over an event that came before the start, or with it, if there
// is still anybody to hand it to.
func (s *step) handleEarly(e history.Event) error {
	if _, seen := s.book.seen[e.ID]; seen || !s.isLive() {
		return nil
	}
	err := s.handle(e)
	s.torn = err != nil
	return err
}

// opening returns the event that opens a history: the start, at once or at a time.
func (s *step) opening(now, at time.Time) history.Event {
	version := s.value.Version
	if version == "" {
		version = s.executor.Newest(s.value.Name)
	}
	s.book.version = version
	opening := history.Event{Kind: history.ExecutionStarted, Time: now, Name: s.value.Name, ID: version}
	if at.After(now) {
		opening.Kind, opening.At = history.ExecutionDelayed, at
	}
	return opening
}

// raiseOf returns the event that comes with a start as a message of its own.
func raiseOf(m history.Message) history.Message {
	return history.Message{
		Instance: m.Instance, Verb: history.VerbRaise, Arg: m.With.Name, ID: m.With.ID, Data: m.With.Data, Receipt: m.Receipt,
	}
}

// refuse lets go of a message; a parent whose task depends on it is told.
func (s *step) refuse(m history.Message, kind, why string) verdict {
	if p := m.Parent; p != nil {
		failure := &history.Failure{Type: kind, Message: why}
		s.replies = append(s.replies, history.Command{Tell: &history.Message{
			Instance: p.Instance, Execution: p.Execution, Verb: history.VerbFailed, Arg: history.TaskArg(p.Task), Data: failure.JSON(),
		}})
	}
	return stray
}
