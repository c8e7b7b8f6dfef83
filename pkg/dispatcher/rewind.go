package dispatcher

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// takeRewind takes in that a failed instance is to try again. What succeeded is
// kept; the activities and children that failed are asked for again. The execution
// gets another id, so that no answer to what was asked before counts.
func (s *step) takeRewind(m history.Message) (verdict, error) {
	switch {
	case !s.exists || !s.value.Status.IsInstance() || !history.IsRunOf(m.Execution, s.value.Execution) && m.Execution != "":
		return s.refuse(m, "CannotBeRewound", fmt.Sprintf("instance %q is not there to be rewound", m.Instance)), nil
	case m.Parent != nil && s.value.Parent != nil && !isNewer(*m.Parent, *s.value.Parent):
		return stray, nil // it has been told before
	case s.value.Status == history.Failed && !isWhole(s.events):
		return s.refuse(m, "CannotBeRewound", fmt.Sprintf("the history of instance %q was too large to be stored", m.Instance)), nil
	case s.value.Status == history.Failed:
		return s.rewind(m)
	case m.Parent == nil:
		return stray, nil
	case s.isLive():
		s.value.Parent = m.Parent // its answer is for the parent as it is now
		return taken, nil
	}
	// The parent has forgotten how it ended.
	ended := s.value
	ended.Parent = m.Parent
	s.replies = append(s.replies, history.Commands(s.instance, ended.Execution, ended.Answer())...)
	return stray, nil
}

// isNewer reports whether a parent has been rewound since it was last heard of, or is
// another.
func isNewer(parent, known history.Parent) bool {
	rewound := parent.Execution != known.Execution && history.Unwound(parent.Execution) == history.Unwound(known.Execution)
	if !rewound || parent.Instance != known.Instance || parent.Task != known.Task {
		return parent != known
	}
	return history.Rewinds(parent.Execution) > history.Rewinds(known.Execution)
}

// rewind takes the end of the history back, and the failures that led to it, and
// lets the code go on from there.
func (s *step) rewind(m history.Message) (verdict, error) {
	whole := s.events
	last := lastInput(whole)
	final := whole[last]
	kept, err := s.replayable(whole, last)
	if err != nil {
		return taken, fmt.Errorf("cannot be rewound: %w", err)
	}
	now := s.time(s.now)
	s.startOver()
	v := &s.value
	v.Status, v.Output, v.Failure = history.Running, nil, nil
	v.Execution = history.Rewound(v.Execution)
	if m.Parent != nil {
		v.Parent = m.Parent
	}
	s.book = newBook(v.SeenIDs, kept)
	if final.Kind != history.TaskFailed {
		delete(s.book.open, final.Task) // what ended it is handed over again
	}
	s.fresh, s.old = kept, len(kept)
	again := append([]history.Event{{Kind: history.ExecutionRewound, Time: now, Data: m.Data}}, s.askedAgain(now)...)
	for _, e := range again {
		if _, err := s.live.Handle(e); err != nil {
			s.torn = true
			return taken, err
		}
	}
	s.record(again)
	if final.Kind != history.TaskFailed {
		final.Time = s.time(now)
		if err := s.handle(final); err != nil {
			s.torn = true
			return taken, err
		}
	}
	return taken, s.handOverKept(now)
}

// isWhole reports whether a history has its beginning: that of an instance whose state
// was too large to be stored has not.
func isWhole(events []history.Event) bool {
	return slices.ContainsFunc(events, func(e history.Event) bool {
		return e.Kind == history.ExecutionStarted || e.Kind == history.ExecutionDelayed
	})
}

// replayable returns the history up to where it failed, without the failures that
// made it fail, and makes the code live there. The code may have acted on some of
// the failures in ways that the history shows only later: then only the last one
// is taken out.
func (s *step) replayable(whole []history.Event, last int) ([]history.Event, error) {
	var first error
	for _, isOut := range []func(int) bool{
		func(i int) bool { return whole[i].Kind == history.TaskFailed && !whole[i+1].Kind.IsDecision() },
		func(int) bool { return false },
	} {
		var kept []history.Event
		for i := range last {
			if !isOut(i) {
				kept = append(kept, whole[i])
			}
		}
		s.close()
		s.events = kept
		err := s.wake(s.executor, s.maxPayload)
		if err == nil {
			return kept, nil
		}
		first = errors.Join(first, err)
	}
	s.events = whole
	return nil, first
}

// askedAgain returns events that ask again for all that is open: what failed, and
// what came to its end when there was nobody to hear of it.
func (e *episode) askedAgain(now time.Time) []history.Event {
	var again []history.Event
	for _, asked := range e.book.asked() {
		switch asked.Kind {
		case history.TaskScheduled:
			asked.Kind = history.TaskRewound
		case history.ChildScheduled:
			asked.Kind = history.ChildRewound
		case history.TimerCreated:
			asked.Kind = history.TimerRewound
		}
		asked.Time = now
		again = append(again, asked)
	}
	return again
}

func lastInput(events []history.Event) int {
	last := len(events) - 1
	for last > 0 && events[last].Kind.IsDecision() {
		last--
	}
	return last
}
