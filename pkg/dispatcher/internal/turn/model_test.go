package turn_test

import (
	"slices"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// model is a small, dumb instance of the collector: it takes each message once, in order, and
// knows nothing of records, turns, batches, replicas and crashes.
type model struct {
	status    history.Status // 0 where there is nothing
	execution string
	items     []string
	suspended bool
	known     map[string]bool
	// kept are early events; pending is what a failed instance is handed when it is rewound.
	kept, pending []hub.Raised
	// mended is set while Boom does no harm.
	mended bool
	// replies says what became of events, by the number of their message.
	replies map[uint64]history.Outcome
}

func (m *model) isInstance() bool { return m.status != 0 && m.status != history.Expected }

func (m *model) isLive() bool { return m.isInstance() && !m.status.Ended() }

func (m *model) take(d hub.Delivery) {
	switch d.Verb {
	case hub.VerbStart:
		m.start(d)
	case hub.VerbRaise:
		m.raise(d.Seq, hub.Raised{Name: d.Arg, ID: d.ID, Data: d.Data}, !d.KeepUntil.IsZero())
	case hub.VerbTerminate:
		if m.isLive() {
			m.status = history.Terminated
		}
	case hub.VerbSuspend, hub.VerbResume:
		if m.isLive() {
			m.suspended = d.Verb == hub.VerbSuspend
			m.setStatus()
		}
	case hub.VerbRewind:
		if m.status == history.Failed {
			m.status = history.Running
			m.setStatus()
			m.hand(append(m.pending, m.early()...))
			m.kept = nil
		}
	}
}

func (m *model) start(d hub.Delivery) {
	replaces := m.isLive() && d.Replaces == hub.AnyAtAll
	switch {
	case m.isInstance() && m.execution == d.Execution:
		return
	case replaces:
	case m.isLive() && d.With != nil:
		m.raise(d.Seq, *d.With, false)
		return
	case m.isLive(), m.isInstance() && d.Replaces == hub.NoInstance:
		if d.With != nil {
			m.replies[d.Seq] = history.Discarded
		}
		return
	}
	m.status, m.execution, m.items, m.suspended, m.pending = history.Running, d.Execution, nil, false, nil
	m.known = map[string]bool{}
	m.hand(m.early())
	m.kept = nil
	switch {
	case d.With == nil:
	case m.knows(*d.With):
		m.replies[d.Seq] = history.Duplicate
	default:
		wasLive := m.isLive()
		m.hand([]hub.Raised{*d.With})
		m.replies[d.Seq] = history.Buffered
		if wasLive && d.With.Name == "Item" {
			m.replies[d.Seq] = history.Delivered
		} else if !m.isLive() && m.status != history.Failed {
			m.replies[d.Seq] = history.Discarded
		}
	}
}

func (m *model) raise(seq uint64, e hub.Raised, keep bool) {
	switch {
	case m.isLive() && m.knows(e):
		m.replies[seq] = history.Duplicate
	case m.isLive():
		m.hand([]hub.Raised{e})
		m.replies[seq] = history.Buffered
		if e.Name == "Item" {
			m.replies[seq] = history.Delivered
		}
	case !keep:
		m.replies[seq] = history.Discarded
	case e.ID != "" && slices.ContainsFunc(m.kept, func(k hub.Raised) bool { return k.Name == e.Name && k.ID == e.ID }):
		m.replies[seq] = history.Duplicate
	default:
		if m.status == 0 {
			m.status = history.Expected
		}
		m.kept = append(m.kept, e)
		m.replies[seq] = history.Kept
	}
}

func (m *model) knows(e hub.Raised) bool { return e.ID != "" && m.known[e.Name+"/"+e.ID] }

// early returns the kept events that are new to the execution.
func (m *model) early() []hub.Raised {
	return slices.DeleteFunc(slices.Clone(m.kept), m.knows)
}

// hand hands events to the code, until the instance ends.
func (m *model) hand(events []hub.Raised) {
	for i, e := range events {
		switch {
		case m.status == history.Failed:
			m.pending = append(m.pending, e)
		case !m.isLive():
			return
		}
		if e.ID != "" {
			m.known[e.Name+"/"+e.ID] = true
		}
		if m.status == history.Failed {
			continue
		}
		switch e.Name {
		case "Item":
			m.items = append(m.items, string(e.Data))
		case "Renew":
			m.suspended = false
			m.setStatus()
		case "Done":
			m.status = history.Completed
		case "Boom":
			if m.mended {
				m.items = append(m.items, "boom")
				continue
			}
			m.status, m.pending = history.Failed, []hub.Raised{events[i]}
		}
	}
}

// setStatus sets the status of a live instance.
func (m *model) setStatus() {
	m.status = history.Running
	if m.suspended {
		m.status = history.Suspended
	}
}

// runOf returns the run that a record shows.
func runOf(v *record.InstanceRecord) string {
	if v.Execution == "" {
		return ""
	}
	return record.Unwound(v.ExecutionID().Root) // it may have been rewound before it continued as new
}
