package run

import (
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// skipToEnd lets an instance whose code cannot go on be ended all the same: if a
// terminate is waiting, or a start that takes the instance's place, what came before
// it does not matter any more. Nor does a rewind that is blocked.
func (s *step) skipToEnd(batch []hub.Delivery) {
	if !s.isLive() && !s.touched {
		s.skipToStart(batch)
		return
	}
	for i := s.taken; i < len(batch) && s.isLive(); i++ {
		m := batch[i].Message
		end, ends := s.endBy(m)
		if !ends {
			continue
		}
		s.pass(batch[s.taken:i])
		s.record(s.terminate(end, m.KeepChildren))
		s.taken, s.changed, s.blocked, s.torn = i, true, nil, false
		if m.Verb == hub.VerbTerminate {
			s.taken++ // a start has yet to begin
		}
		s.value.Watermark = batch[s.taken-1].Seq
		return
	}
}

// skipToStart gives up a rewind for a start that takes the failed instance's place, or
// a terminate.
func (s *step) skipToStart(batch []hub.Delivery) {
	for i := s.taken + 1; i < len(batch); i++ {
		m := batch[i].Message
		isStart := m.Verb == hub.VerbStart && !record.IsRunOf(m.Execution, s.value.Execution) && s.mayReplace(m)
		if !isStart && m.Verb != hub.VerbTerminate {
			continue
		}
		s.pass(batch[s.taken:i])
		s.taken, s.changed, s.blocked = i, true, nil
		s.value.Watermark = batch[i-1].Seq
		return
	}
}

// endBy returns the event by which a message ends a live instance whose code is not
// asked, if it does.
func (s *step) endBy(m hub.Message) (record.Event, bool) {
	switch {
	case m.Verb == hub.VerbTerminate:
		input, v := s.admit(m, s.now)
		return input, v == taken
	case s.makesWay(m):
		return s.replaced(), true
	}
	return record.Event{}, false
}

// pass passes over messages. Who waits to hear of one is told, and a parent that was
// rewound gets the answer.
func (s *step) pass(batch []hub.Delivery) {
	for _, m := range batch {
		switch {
		case m.Verb == hub.VerbRaise:
			s.answer(m.Message, stray)
		case m.Verb == hub.VerbStart && m.With != nil:
			s.answer(raiseOf(m.Message), stray)
		case m.Verb != hub.VerbStart || m.Parent == nil:
		case !record.IsRunOf(m.Execution, s.value.Execution):
			s.refuse(m.Message, instanceExists, s.whyNot())
		case isNewer(m.Parent, s.value.Parent):
			s.value.Parent = m.Parent
			if s.value.Status.Ended() {
				s.owe(s.value.Answer()...)
			}
		}
	}
}
