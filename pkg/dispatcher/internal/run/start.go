package run

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// instanceExists is the failure of a child whose id is taken.
const instanceExists = "InstanceExists"

// takeStart takes in a start: it begins a new execution, or is news to nobody, or
// is refused.
func (s *step) takeStart(m hub.Delivery) (verdict, error) {
	switch {
	case s.exists && record.IsRunOf(m.Execution, s.value.Execution):
		return s.takeOwnStart(m)
	case s.makesWay(m.Message):
		s.makeWay(m)
	case s.isLive() && m.With != nil:
		return s.takeEventOf(m)
	case !s.mayReplace(m.Message):
		if m.With != nil {
			s.answer(raiseOf(m.Message), stray)
		}
		return s.refuse(m.Message, instanceExists, s.whyNot()), nil
	}
	s.claim(m)
	return taken, s.begin(m)
}

// takeOwnStart takes in the start of the execution that is there: what is there may
// be no more than its claim, or its parent may have been rewound.
func (s *step) takeOwnStart(m hub.Delivery) (verdict, error) {
	switch {
	case s.isLive() && !s.book.started:
		return taken, s.begin(m)
	case isNewer(m.Parent, s.value.Parent):
		return s.takeAgain(m.Message)
	case s.isLive():
		return known, nil
	}
	return stray, nil // it has run, and who wanted to know has been told
}

// takeEventOf takes in the event that came along with a start, for an instance that
// somebody else has started. If that start has yet to come, the event comes after it.
func (s *step) takeEventOf(m hub.Delivery) (verdict, error) {
	m.Message = raiseOf(m.Message)
	if s.book.started {
		return s.takeInput(m.Message)
	}
	m.At = record.LatestTime
	return s.keep(m), nil
}

// mayReplace reports whether a start message may make this instance a new one. It must
// have seen the very value that is stored now, or have left it to the engine to find that
// there is nothing, or nothing live. One that brings an event along needs only the latter:
// what it replaces is a matter of its claim.
func (s *step) mayReplace(m hub.Message) bool {
	isThere := s.exists && s.value.Status.IsInstance()
	switch {
	case s.isLive(), isThere && (s.keepsIDs || m.Replaces == hub.NoInstance):
		return false
	case m.Replaces == s.revision, m.With != nil:
		return true
	}
	return m.Replaces == hub.AnyEnded || m.Replaces == hub.AnyAtAll || m.Replaces == hub.NoInstance
}

// makesWay reports whether a start puts an end to the live execution.
func (s *step) makesWay(m hub.Message) bool {
	return s.isLive() && !s.keepsIDs && m.Verb == hub.VerbStart && m.Replaces == hub.AnyAtAll &&
		!record.IsRunOf(m.Execution, s.value.Execution)
}

// makeWay ends the live execution, for another one to take its place. What it has
// decided last is kept: its value is about to go.
func (s *step) makeWay(m hub.Delivery) {
	s.record(s.terminate(s.replaced(), m.KeepChildren))
	s.value.Turn = len(s.fresh) - s.old
	s.value.Closed = s.value.LastTurn(s.fresh)
}

func (s *step) replaced() record.Event {
	return record.Event{Kind: history.ExecutionTerminated, Time: s.time(s.now), Data: []byte(`"replaced by a new start"`)}
}

// claim makes the instance a new one, as a start message asks. Events that are kept
// for it stay, and so do the number of what was taken in and what is to be done.
func (s *step) claim(m hub.Delivery) {
	s.close()
	s.startOver()
	before := s.value
	if !s.exists {
		before = record.InstanceRecord{}
	}
	s.exists, s.held = true, nil
	s.obsolete = append(s.obsolete, before.ClosedKeys...)
	s.value = record.InstanceRecord{
		Name: m.Arg, Execution: executionOf(m), Status: history.Pending, Created: m.Stored, Input: m.Data,
		Tags: m.Tags, Version: m.Version,
		Watermark: before.Watermark, Kept: before.Kept, Closed: before.Closed,
	}
	s.events = nil
	s.book = newBook(nil, nil)
}

// executionOf names the execution that a start begins. For a parent that was rewound it
// may begin one anew that has been there before and is gone: what that has asked for, and
// was told, must not be taken for this one's, so the number of the message is part of it.
func executionOf(m hub.Delivery) string {
	if m.Parent == nil || record.Rewinds(m.Parent.Execution) == 0 {
		return m.Execution
	}
	return record.RewoundAs(m.Execution, m.Seq)
}

// begin hands a new execution its start, the events that were kept for it, and the
// one that came with the start.
func (s *step) begin(m hub.Delivery) error {
	s.value.Parent = m.Parent
	now := s.time(s.now)
	if err := s.handle(append([]record.Event{s.opening(now, m.At)}, s.keptFor(now)...)...); err != nil {
		return err
	}
	s.value.Kept = nil
	if m.With == nil {
		return nil
	}
	with := raiseOf(m.Message)
	if s.book.knows(with.Arg, with.ID) {
		s.answer(with, known)
		return nil
	}
	err := s.handle(record.Event{Kind: history.EventRaised, Time: now, Name: with.Arg, ID: with.ID, Data: with.Data})
	switch {
	case err != nil:
		return err
	case s.isLive() || s.value.Status == history.Failed:
		s.answer(with, taken)
	default:
		s.answer(with, stray) // it has ended before it could take the event
	}
	return nil
}

// opening returns the event that opens a history: the start, at once or at a time.
func (s *step) opening(now, at time.Time) record.Event {
	version := s.value.Version
	if version == "" {
		version = s.executor.Newest(s.value.Name)
	}
	s.book.version = version
	opening := record.Event{Kind: history.ExecutionStarted, Time: now, Name: s.value.Name, ID: version, Task: record.NewestRule}
	if at.After(now) {
		opening.Kind, opening.At = history.ExecutionDelayed, at
	}
	return opening
}

// raiseOf returns the event that comes with a start as a message of its own.
func raiseOf(m hub.Message) hub.Message {
	return hub.Message{
		Instance: m.Instance, Verb: hub.VerbRaise, Arg: m.With.Name, ID: m.With.ID, Data: m.With.Data, Receipt: m.Receipt,
	}
}

// whyNot says why the id is not free.
func (s *step) whyNot() string {
	return fmt.Sprintf("instance %q is %s", s.instance, s.value.Status)
}

// refuse lets go of a message; a parent whose task depends on it is told.
func (s *step) refuse(m hub.Message, kind, why string) verdict {
	p := m.Parent
	if p == nil {
		return stray
	}
	return s.owe(record.Event{
		Kind: history.ParentTold, Time: s.now, ID: p.Instance, Name: p.Execution, Task: p.Task,
		Failure: &history.Failure{Type: kind, Message: why},
	})
}

// owe makes answers to parents a part of what the turn wants done: its value holds
// them until they are sent.
func (s *step) owe(told ...record.Event) verdict {
	if len(told) > 0 {
		s.value.Closed = append(s.value.Closed, record.Closed{Execution: s.value.Execution, Events: told})
	}
	return taken
}
