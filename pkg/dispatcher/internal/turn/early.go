package turn

import (
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// keepEarly keeps an event for an execution that has not started, if its sender wants that.
func keepEarly(d *draft, m hub.Delivery) verdict {
	if !m.KeepUntil.After(d.now) {
		reply(d, m.Message, stray, false)
		return stray
	}
	v := d.Record
	if !d.Exists {
		v = record.InstanceRecord{Status: history.Expected, Created: m.Stored}
	}
	v.Kept = slices.DeleteFunc(slices.Clone(v.Kept), func(e record.Event) bool { return e.KeptUntil().Before(d.now) })
	if m.ID != "" && slices.ContainsFunc(v.Kept, func(e record.Event) bool { return seenKey(e.Name, e.EventID()) == seenKey(m.Arg, m.ID) }) {
		reply(d, m.Message, known, false)
		d.Record = v
		return known
	}
	e := record.Raised(m.Arg, m.ID, m.Data).On(d.now).KeepUntil(m.KeepUntil)
	if err := v.CheckKeep(e, d.limits.Record, d.limits.Payload); err != nil {
		reject(d, m, err.Error())
		reply(d, m.Message, stray, false)
		return stray
	}
	if !d.Exists {
		d.Exists, d.history = true, newHistoryState(nil, nil)
	}
	v.Kept = append(v.Kept, e)
	d.Record = v
	replyWith(d, m.Message, history.Kept)
	return isTaken
}

// reject lets go of a message that was accepted and cannot be kept: it goes to the dead
// letters, with the reason.
func reject(d *draft, m hub.Delivery, reason string) {
	if d.rejected == nil {
		d.rejected = map[uint64]string{}
	}
	d.rejected[m.Seq] = reason
}

// earlyEvents returns the events that are kept for an execution which goes on from here,
// without those whose time is up, or that it knows.
func earlyEvents(d *draft, now time.Time) []record.Event {
	var early []record.Event
	for _, e := range d.Record.Kept {
		if !d.history.knows(e.Name, e.EventID()) && !e.KeptUntil().Before(d.now) {
			early = append(early, e.On(now).KeepUntil(time.Time{}))
		}
	}
	return early
}
