package turn

import (
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// preempt lets an instance that is blocked at the first message be ended all the same: if a
// terminate is in line, or a start that takes the instance's place, the messages before it
// do not matter any more. Nor does a rewind that is blocked. It returns how many messages
// are dealt with that way.
func preempt(d *draft, messages []hub.Delivery) (taken int, preempted bool) {
	switch {
	case !d.IsLive():
		return preemptRewind(d, messages)
	case d.HeldBack == nil && makesWay(d, messages[0].Message):
		return preemptMakingWay(d, messages)
	}
	return endWithin(d, messages)
}

// endWithin ends a live instance by the first of the messages that does so without its code.
func endWithin(d *draft, messages []hub.Delivery) (taken int, ended bool) {
	for i, m := range messages {
		end, ends := endBy(d, m.Message)
		if !ends {
			continue
		}
		passOver(d, messages[:i])
		d.add(terminate(d, end, m.KeepChildren))
		if m.Verb == hub.VerbTerminate {
			return setWatermark(d, messages, i+1), true
		}
		return setWatermark(d, messages, i), true // the start has yet to begin
	}
	return 0, false
}

// preemptMakingWay is preempt for a start that puts an end to the live execution and cannot
// begin: only to be ended as well does it take the place.
func preemptMakingWay(d *draft, messages []hub.Delivery) (taken int, preempted bool) {
	before := *d
	d.history.layer = d.history.onTop(&d.spare)
	makeWay(d, messages[0])
	claim(d, messages[0])
	if taken, preempted = endWithin(d, messages[1:]); !preempted {
		*d = before
	}
	return taken + 1, preempted
}

// preemptRewind gives up a rewind for a start that takes the failed instance's place, or for
// a terminate.
func preemptRewind(d *draft, messages []hub.Delivery) (taken int, preempted bool) {
	for i, m := range messages {
		isStart := m.Verb == hub.VerbStart && !record.IsRunOf(m.Execution, d.Record.Execution) && mayReplace(d, m.Message)
		if i > 0 && (isStart || m.Verb == hub.VerbTerminate) {
			passOver(d, messages[:i])
			return setWatermark(d, messages, i), true
		}
	}
	return 0, false
}

// setWatermark sets the watermark behind the first n messages, and returns n.
func setWatermark(d *draft, messages []hub.Delivery, n int) int {
	if n > 0 {
		d.Record.Watermark = messages[n-1].Seq
	}
	return n
}

// endBy returns the event by which a message ends a live instance without its code, if it
// does.
func endBy(d *draft, m hub.Message) (record.Event, bool) {
	switch {
	case m.Verb == hub.VerbTerminate:
		input, v := classify(d, m)
		return input, v == isTaken
	case makesWay(d, m):
		return replaced(d), true
	}
	return record.Event{}, false
}

// passOver passes over messages. The senders of events are told, if they want to know, and so
// is a parent that was rewound.
func passOver(d *draft, messages []hub.Delivery) {
	for _, m := range messages {
		switch {
		case m.Verb == hub.VerbRaise:
			reply(d, m.Message, stray, false)
		case m.Verb == hub.VerbStart && m.With != nil:
			reply(d, raiseOf(m.Message), stray, false)
		case m.Verb != hub.VerbStart || m.Parent == nil:
		case !record.IsRunOf(m.Execution, d.Record.Execution):
			refuse(d, m.Message, instanceExists, whyInUse(d))
		case isNewer(m.Parent, d.Record.Parent):
			d.Record.Parent = m.Parent
			if d.Record.Status.Ended() {
				d.owe(d.Record.Answer()...)
			}
		}
	}
}
