package run

import (
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// keep keeps an event for an execution that has not started, if its sender wants
// that.
func (s *step) keep(m hub.Delivery) verdict {
	if !m.At.After(s.now) {
		s.answer(m.Message, stray)
		return stray
	}
	if !s.exists {
		s.exists = true
		s.value = record.InstanceRecord{Status: history.Expected, Created: m.Stored}
		s.book = newBook(nil, nil)
	}
	v := &s.value
	v.Kept = slices.DeleteFunc(slices.Clone(v.Kept), func(e record.Event) bool { return e.At.Before(s.now) })
	if m.ID != "" && slices.ContainsFunc(v.Kept, func(e record.Event) bool { return seenKey(e.Name, e.ID) == seenKey(m.Arg, m.ID) }) {
		s.answer(m.Message, known)
		return known
	}
	e := record.Event{Kind: history.EventRaised, Time: s.now, Name: m.Arg, ID: m.ID, Data: m.Data, At: m.At}
	if err := v.CheckKeep(e, s.maxValue, s.maxPayload); err != nil {
		s.reject(m, err.Error())
		s.answer(m.Message, stray)
		return stray
	}
	v.Kept = append(v.Kept, e)
	s.receipts = appendReceipt(s.receipts, m.Message, history.Kept)
	return taken
}

// reject lets go of a message that was accepted and cannot be kept: it goes to the dead
// letters, where the reason stands.
func (s *step) reject(m hub.Delivery, reason string) {
	if s.rejected == nil {
		s.rejected = map[uint64]string{}
	}
	s.rejected[m.Seq] = reason
}

// keptFor returns the events that are kept for an execution which goes on from here,
// those left out whose time is up, or that it knows.
func (s *step) keptFor(now time.Time) []record.Event {
	var kept []record.Event
	for _, e := range s.value.Kept {
		if !s.book.knows(e.Name, e.ID) && !e.At.Before(s.now) {
			e.Time, e.At = now, time.Time{}
			kept = append(kept, e)
		}
	}
	return kept
}

// receipt says what became of an event.
type receipt struct {
	to      string
	outcome history.Outcome
}

// answer says what became of an event, if anybody wants to know.
func (s *step) answer(m hub.Message, v verdict) {
	outcome := history.Buffered
	switch {
	case v == known:
		outcome = history.Duplicate
	case v == stray:
		outcome = history.Discarded
	case s.took:
		outcome = history.Delivered
	}
	s.receipts = appendReceipt(s.receipts, m, outcome)
}

func appendReceipt(receipts []receipt, m hub.Message, outcome history.Outcome) []receipt {
	if m.Receipt == "" {
		return receipts
	}
	return append(receipts, receipt{m.Receipt, outcome})
}
