package run

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// startOver drops the history: a new execution or generation begins.
func (s *step) startOver() {
	for _, segment := range s.value.Segments {
		s.obsolete = append(s.obsolete, segment.Key)
	}
	s.value.Segments, s.value.Log, s.fresh, s.old = nil, record.Log{}, nil, 0
}

// mostIdleGenerations bounds how often an instance may continue as new without
// using up any of its inputs, before it is taken to be going round in circles.
const mostIdleGenerations = 1000

// mostClosing bounds what the generations that one turn closes may ask for, in bytes:
// it is all in memory until it is sent.
const mostClosing = 64 << 20

// continueAsNew starts the next generation and returns the inputs it is to be
// handed: its start, what the one before has left, and what was in line.
func (s *step) continueAsNew(last record.Event, carried, inputs []record.Event) []record.Event {
	left := len(carried) + len(inputs)
	if s.idle++; left < s.left {
		s.idle = 0
	}
	s.left = left
	if s.idle > mostIdleGenerations {
		failed := record.Event{Kind: history.ExecutionFailed, Time: last.Time, Failure: &history.Failure{
			Type:    "ContinueAsNewLoop",
			Message: fmt.Sprintf("orchestrator %q continued as new %d times without waiting for anything", s.value.Name, mostIdleGenerations),
		}}
		s.record([]record.Event{failed})
		return inputs // what is carried is in the history still
	}
	closing := dataSize(record.Commanding(s.fresh[s.old:]))
	if s.closing += closing; s.closing > mostClosing {
		s.startOver()
		s.record([]record.Event{s.tooLarge(last.Time, s.closing, mostClosing)})
		return nil
	}
	for task := range s.book.failed {
		key := record.HeartbeatKey(s.value.Execution, task)
		s.obsolete = append(s.obsolete, key)
	}
	s.renew(last.Data, s.fresh[s.old:])
	s.startOver()
	s.touched = true
	next := []record.Event{s.opening(last.Time, time.Time{})}
	for _, e := range carried {
		e.Time = last.Time
		next = append(next, e)
	}
	return append(next, inputs...)
}

// overflow fails the instance in place of what this turn has led to, which is more
// than the hub can store.
func (s *step) overflow(size, most int) {
	s.startOver()
	s.value.Waits, s.value.CustomStatus = nil, nil
	s.value.Output, s.value.SeenIDs, s.value.Log, s.fresh, s.old = nil, nil, record.Log{}, nil, 0
	s.record(append(s.cancelTimers(s.book.last), s.tooLarge(s.book.last, size, most)))
	s.value.Log = record.NewLog(s.fresh...)
	s.value.Turn = len(s.fresh)
	s.shrink(most)
}

// tooLarge is the end of an instance that the hub cannot store.
func (s *step) tooLarge(now time.Time, size, most int) record.Event {
	return record.Event{Kind: history.ExecutionFailed, Time: now, Failure: &history.Failure{
		Type: history.StateTooLarge,
		Message: fmt.Sprintf("the state of orchestrator %q takes %d bytes, the hub's limit is %d: "+
			"keep what is large elsewhere and pass a reference", s.value.Name, size, most),
	}}
}

// dataSize returns how many bytes the events' data have.
func dataSize(events []record.Event) int {
	n := 0
	for _, e := range events {
		n += len(e.Data)
	}
	return n
}
