package turn

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// setup takes turns of one instance as package run does: the instance that one turn leaves is
// where the next begins, with its events in its log.
type setup struct {
	Instance
	executor Executor
	limits   Limits
	now      time.Time
	// out is the outcome of the last turn, replies and rejected those of all turns.
	out      *Outcome
	replies  []Reply
	rejected map[uint64]string
}

// setUp returns a claimed instance that has not started.
func setUp(e Executor) *setup {
	s := &setup{executor: e, limits: Limits{Payload: 1 << 18}, now: noon, rejected: map[uint64]string{}}
	s.load(&record.InstanceRecord{Name: "O", Execution: "x", Status: history.Pending}, nil)
	return s
}

// load puts another instance in place.
func (s *setup) load(v *record.InstanceRecord, events []record.Event) {
	revision := uint64(0)
	if v != nil {
		revision = 7
	}
	s.Instance = *Load("i", v, revision, events)
	s.Latest = true
}

// reload unloads the instance, and loads it from what was stored.
func (s *setup) reload() {
	s.Close()
	v := s.Record
	s.load(&v, v.Log.Events)
}

func (s *setup) advance(messages []hub.Delivery) {
	s.out = Advance(&s.Instance, Batch{Messages: messages, Now: s.now}, s.limits, s.executor)
	s.replies = append(s.replies, s.out.Replies...)
	for seq, why := range s.out.Rejected {
		s.rejected[seq] = why
	}
	switch {
	case s.out.Kind == Stale:
	case s.out.Changed:
		s.out.Next.Record.Log = s.out.Next.Record.Log.Join(record.NewLog(s.out.Events...))
		s.Instance = *s.out.Stored(s.Revision)
	default:
		s.Instance = s.out.Next
	}
}
