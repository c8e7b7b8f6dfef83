package turn

import (
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// instanceExists is the failure of a child whose id is in use.
const instanceExists = "InstanceExists"

// takeStart takes in a start: it begins a new execution, or is known, or is refused.
func takeStart(d *draft, m hub.Delivery) (verdict, error) {
	switch {
	case d.Exists && record.IsRunOf(m.Execution, d.Record.Execution):
		return takeOwnStart(d, m)
	case makesWay(d, m.Message):
		return isTaken, d.attempt(func() error {
			makeWay(d, m)
			claim(d, m)
			return begin(d, m)
		})
	case d.IsLive() && m.With != nil:
		return takeEventOf(d, m)
	case !mayReplace(d, m.Message):
		if m.With != nil {
			reply(d, raiseOf(m.Message), stray, false)
		}
		return refuse(d, m.Message, instanceExists, whyInUse(d)), nil
	}
	claim(d, m) // it stays, also where the code cannot begin
	return isTaken, d.attempt(func() error { return begin(d, m) })
}

// takeOwnStart takes in the start of the execution that is there: there may be no more of it
// than its claim, or its parent may have been rewound.
func takeOwnStart(d *draft, m hub.Delivery) (verdict, error) {
	switch {
	case d.IsLive() && !d.history.started:
		d.Record.Parent = m.Parent
		return isTaken, d.attempt(func() error { return begin(d, m) })
	case isNewer(m.Parent, d.Record.Parent):
		return takeAskedAgain(d, m.Message)
	case d.IsLive():
		return known, nil
	}
	return stray, nil // it has run, and those who wanted to know have been told
}

// takeEventOf takes in the event that came along with a start, for an instance that
// somebody else has started. If that start has yet to come, the event comes after it.
func takeEventOf(d *draft, m hub.Delivery) (verdict, error) {
	m.Message = raiseOf(m.Message)
	if d.history.started {
		return takeInput(d, m.Message)
	}
	m.KeepUntil = record.LatestTime
	return keepEarly(d, m), nil
}

// mayReplace reports whether a start message may make this instance a new one. It must
// have seen the very record that is stored now, or have left it to the engine to find that
// there is nothing, or nothing live. A start that brings an event along needs only the
// latter: its claim decides what it replaces.
func mayReplace(d *draft, m hub.Message) bool {
	isThere := d.Exists && d.Record.Status.IsInstance()
	switch {
	case d.IsLive(), isThere && (d.limits.KeepsIDs || m.Replaces == hub.NoInstance):
		return false
	case m.Replaces == d.Revision, m.With != nil:
		return true
	}
	return m.Replaces == hub.AnyEnded || m.Replaces == hub.AnyAtAll || m.Replaces == hub.NoInstance
}

// makesWay reports whether a start puts an end to the live execution.
func makesWay(d *draft, m hub.Message) bool {
	return d.IsLive() && !d.limits.KeepsIDs && m.Verb == hub.VerbStart && m.Replaces == hub.AnyAtAll &&
		!record.IsRunOf(m.Execution, d.Record.Execution)
}

// makeWay ends the live execution, for another one to take its place. Its last decisions are
// kept: its record is about to go.
func makeWay(d *draft, m hub.Delivery) {
	d.add(terminate(d, replaced(d), m.KeepChildren))
	d.Record.Turn = len(d.added) - d.kept
	d.Record.Closed = d.Record.LastTurn(d.added)
}

func replaced(d *draft) record.Event {
	return record.Event{Kind: history.ExecutionTerminated, Time: d.time(), Data: []byte(`"replaced by a new start"`)}
}

// claim makes the instance a new one, as a start message asks. Events that are kept
// for it stay, and so do the watermark and the decisions that are to be sent.
func claim(d *draft, m hub.Delivery) {
	d.Close()
	d.dropHistory()
	before := d.Record
	if !d.Exists {
		before = record.InstanceRecord{}
	}
	d.Exists, d.HeldBack = true, nil
	d.obsolete = append(d.obsolete, before.ClosedKeys...)
	d.Record = record.InstanceRecord{
		Name: m.Arg, Execution: executionOf(m), Status: history.Pending, Created: m.Stored, Input: m.Data,
		Tags: m.Tags, Version: m.Version, Parent: m.Parent,
		Watermark: before.Watermark, Kept: before.Kept, Closed: before.Closed,
	}
	d.Events = nil
	d.history = newHistoryState(nil, nil)
}

// executionOf names the execution that a start begins. For a parent that was rewound it
// may begin an execution anew that has been there before and is gone. The requests of that one,
// and the answers to them, must not be mixed up with the new ones, so the number of the
// message is part of the name.
func executionOf(m hub.Delivery) string {
	if m.Parent == nil || record.ParseExecutionID(m.Parent.Execution, 0).Rewinds == 0 {
		return m.Execution
	}
	return record.ParseExecutionID(m.Execution, 0).RewoundAs(m.Seq).String()
}

// begin hands a new execution its start, the events that were kept for it, and the
// event that came with the start.
func begin(d *draft, m hub.Delivery) error {
	now := d.time()
	if _, err := handle(d, append([]record.Event{opening(d, now, m.StartAt)}, earlyEvents(d, now)...)...); err != nil {
		return err
	}
	d.Record.Kept = nil
	if m.With == nil {
		return nil
	}
	with := raiseOf(m.Message)
	if d.history.knows(with.Arg, with.ID) {
		reply(d, with, known, false)
		return nil
	}
	took, err := handle(d, record.Raised(with.Arg, with.ID, with.Data).On(now))
	switch {
	case err != nil:
		return err
	case took || d.IsLive() || d.Record.Status == history.Failed:
		reply(d, with, isTaken, took)
	default:
		reply(d, with, stray, false) // it has ended before it could take the event
	}
	return nil
}

// opening returns the event that opens a history: the start, at once or at a time.
func opening(d *draft, now, at time.Time) record.Event {
	version := d.Record.Version
	if version == "" {
		version = d.executor.Newest(d.Record.Name)
	}
	d.history.version = version
	if at.After(now) {
		return record.Delayed(d.Record.Name, version, at).On(now)
	}
	return record.Started(d.Record.Name, version).On(now)
}

// raiseOf returns the event that comes with a start as a message of its own.
func raiseOf(m hub.Message) hub.Message {
	return hub.Message{
		Instance: m.Instance, Verb: hub.VerbRaise, Arg: m.With.Name, ID: m.With.ID, Data: m.With.Data, Receipt: m.Receipt,
	}
}

// whyInUse says why the id is not free.
func whyInUse(d *draft) string { return fmt.Sprintf("instance %q is %s", d.ID, d.Record.Status) }

// refuse lets go of a message; a parent whose task depends on it is told.
func refuse(d *draft, m hub.Message, kind, why string) verdict {
	p := m.Parent
	if p == nil {
		return stray
	}
	d.owe(record.ParentTold(*p, nil, &history.Failure{Type: kind, Message: why}).On(d.now))
	return isTaken
}
