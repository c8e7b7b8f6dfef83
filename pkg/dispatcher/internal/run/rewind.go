package run

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// cannotBeRewound is the failure of a child whose history is not there any more.
const cannotBeRewound = "CannotBeRewound"

// takeRewind takes in that a failed instance is to try again. One that names an
// execution means the failure of that one, and no later one.
func (s *step) takeRewind(m hub.Message) (verdict, error) {
	if !s.exists || s.value.Status != history.Failed || !isWhole(s.events) ||
		m.Execution != "" && m.Execution != s.value.Execution {
		return stray, nil
	}
	return taken, s.rewind(m.Data)
}

// takeAgain takes in that a parent which was rewound asks again for the instance. What
// has failed tries again, and what was terminated goes on; the answer is for the parent
// as it is now.
func (s *step) takeAgain(m hub.Message) (verdict, error) {
	switch {
	case m.Arg != s.value.Name:
		return s.refuse(m, instanceExists, fmt.Sprintf("instance %q runs orchestrator %q: purge it to run another", m.Instance, s.value.Name)), nil
	case s.value.Status == history.Failed && !isWhole(s.events):
		return s.refuse(m, cannotBeRewound, fmt.Sprintf("the history of instance %q was too large to be stored: purge it to run it anew", m.Instance)), nil
	}
	before := s.value.Parent
	s.value.Parent = m.Parent
	switch {
	case s.value.Status == history.Failed || s.value.Status == history.Terminated && isWhole(s.events):
		err := s.rewind(nil)
		switch {
		case err == nil || s.touched:
			return taken, err
		case s.isFatal != nil && s.isFatal(err):
			return s.refuse(m, cannotBeRewound, err.Error()), nil
		}
		s.value.Parent = before
		return taken, err
	case s.isLive():
		return taken, nil
	}
	return s.owe(s.value.Answer()...), nil // the parent has forgotten how it ended
}

// isNewer reports whether a parent has been rewound since it was last heard of.
func isNewer(parent, known *record.Parent) bool {
	return parent != nil && known != nil && record.Rewinds(parent.Execution) > record.Rewinds(known.Execution)
}

// rewind takes the end of the history back, and the failures that led to it, and
// lets the code go on from there. What succeeded is kept; the activities and children
// that failed are asked for again. The execution gets another id, so that no answer to
// what was asked before counts.
func (s *step) rewind(reason []byte) error {
	all := s.events
	whole, left := cutAtEnd(all)
	last := lastInput(whole)
	final := whole[last]
	kept, err := s.replayable(whole, last)
	if err != nil {
		s.events = all
		return fmt.Errorf("cannot be rewound: %w", err)
	}
	s.touched = true
	now := s.time(s.now)
	s.startOver()
	v := &s.value
	failure := v.Failure
	v.Status, v.Output, v.Failure = history.Running, nil, nil
	v.Execution = record.Rewound(v.Execution)
	s.book = newBook(v.SeenIDs, kept)
	if final.Kind != history.TaskFailed && final.Kind != history.ExecutionTerminated {
		delete(s.book.open, final.Task) // what ended it is handed over again
		left = append([]record.Event{final}, left...)
	}
	s.fresh, s.old = kept, len(kept)
	again := append([]record.Event{{Kind: history.ExecutionRewound, Time: now, Data: reason, Failure: failure}}, s.askedAgain(now)...)
	for _, e := range again {
		if _, err := s.live.Handle(e); err != nil {
			return err
		}
	}
	s.record(again)
	for i := range left {
		left[i].Time = now
		s.book.see(seenKey(left[i].Name, left[i].ID))
	}
	err = s.handle(append(left, s.keptFor(now)...)...)
	if err == nil {
		v.Kept = nil
	}
	return err
}

// cutAtEnd returns the history up to its failure, and what came in behind it. Behind a
// terminate nothing comes in.
func cutAtEnd(events []record.Event) (whole, left []record.Event) {
	end := len(events) - 1
	for end > 0 && events[end].Kind != history.ExecutionFailed {
		if events[end].Kind == history.ExecutionTerminated {
			return events, nil
		}
		end--
	}
	return events[: end+1 : end+1], slices.Clone(events[end+1:])
}

// isWhole reports whether a history has its beginning: that of an instance whose state
// was too large to be stored has not.
func isWhole(events []record.Event) bool {
	return slices.ContainsFunc(events, func(e record.Event) bool {
		return e.Kind == history.ExecutionStarted || e.Kind == history.ExecutionDelayed
	})
}

// replayable returns the history up to where it failed, without the failures that
// made it fail, and makes the code live there. The code may have acted on some of
// the failures in ways that the history shows only later: then those are taken out
// behind which it has decided nothing at all, or else the last one alone.
func (s *step) replayable(whole []record.Event, last int) ([]record.Event, error) {
	decided := lastDecision(whole[:last])
	var first error
	for _, isOut := range []func(int) bool{
		func(i int) bool { return whole[i].Kind == history.TaskFailed && !whole[i+1].Kind.IsDecision() },
		func(i int) bool { return whole[i].Kind == history.TaskFailed && i > decided },
		func(int) bool { return false },
	} {
		var kept []record.Event
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
	return nil, first
}

// askedAgain returns events that ask again for all that is open: what failed, and
// what came to its end when there was nobody to hear of it.
func (e *episode) askedAgain(now time.Time) []record.Event {
	var again []record.Event
	for _, asked := range e.book.asked() {
		if !e.live.Awaits(asked.Task) {
			continue // the code has cancelled it
		}
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

func lastInput(events []record.Event) int {
	last := len(events) - 1
	for last > 0 && events[last].Kind.IsDecision() {
		last--
	}
	return last
}

// lastDecision returns where the last decision is, or 0.
func lastDecision(events []record.Event) int {
	last := len(events) - 1
	for last > 0 && !events[last].Kind.IsDecision() {
		last--
	}
	return last
}
