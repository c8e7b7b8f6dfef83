package run

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// episode is one instance at work: its value, what must be known of its history,
// and, once its code is needed, the live orchestrator. A turn changes all of it
// before the commit, so an episode whose commit failed is good for nothing and is
// closed.
type episode struct {
	instance string
	revision uint64
	// exists is false where the hub holds no value; value is then meaningless.
	exists bool
	value  record.InstanceRecord
	// latest is set when no newer value can have been stored by a worker that had
	// the partition before.
	latest bool
	// cold is set until the first commit after a load.
	cold bool
	// events are the whole history, kept until the orchestrator is live.
	events []record.Event
	book   book
	live   Orchestrator
	// held says why the instance cannot be taken up or stored, so that nothing but its
	// end can come of a message; nil if it can.
	held error
	// beside is what the value took beside its log when it was stored last, in bytes.
	beside int
}

// newEpisode takes up an instance from its stored value, nil for none, and its
// whole history.
func newEpisode(instance string, v *record.InstanceRecord, revision uint64, events []record.Event) *episode {
	e := &episode{instance: instance, revision: revision, cold: true}
	if v != nil {
		e.exists, e.value, e.events, e.beside = true, *v, events, v.Beside()
		e.book = newBook(v.SeenIDs, events)
	}
	return e
}

// isLive reports whether the instance is there and has not ended.
func (e *episode) isLive() bool {
	return e.exists && e.value.Status.IsInstance() && !e.value.Status.Ended()
}

// needsRepair reports whether a crash may have lost the commands of the last turn: if
// the first of the messages at hand is one that turn has taken in.
func (e *episode) needsRepair(batch []hub.Delivery) bool {
	return e.cold && e.exists && batch[0].Seq <= e.value.Watermark
}

// close unloads the code.
func (e *episode) close() {
	if e.live != nil {
		e.live.Close()
		e.live = nil
	}
}

// wake makes the code live, if it is not.
func (e *episode) wake(executor Executor, maxPayload int) error {
	if e.live != nil {
		return nil
	}
	live, err := executor.Begin(replay.Execution{
		Instance: e.instance, ID: record.Unwound(e.value.Execution), Name: e.value.Name,
		Generation: e.value.Generation, Version: e.book.version, Parent: e.value.Parent,
		Input: e.value.Input, CustomStatus: e.value.CustomStatus, MaxPayload: maxPayload,
	}, e.events)
	if err != nil {
		return err
	}
	e.live, e.events = live, nil
	return nil
}

// mostSeenIDs bounds how many event ids a new generation remembers of the ones
// before it.
const mostSeenIDs = 1000

// renew turns the instance into its next generation. Fresh are the events that
// this turn has added to the closing one.
func (e *episode) renew(input []byte, fresh []record.Event) {
	v := &e.value
	if decided := record.Commanding(fresh); len(decided) > 0 {
		v.Closed = append(v.Closed, record.Closed{Execution: v.Execution, Events: decided})
	}
	v.Execution = record.NextGeneration(v.Execution, v.Generation)
	v.Generation++
	v.Input = input
	v.SeenIDs = e.book.ids[max(0, len(e.book.ids)-mostSeenIDs):]
	e.events = nil
	e.book = newBook(v.SeenIDs, nil)
	e.close()
}

// terminate returns the events that end the instance from outside: its code is
// not asked.
func (e *episode) terminate(input record.Event, keepChildren bool) []record.Event {
	events := append([]record.Event{input}, e.cancelTimers(input.Time)...)
	if keepChildren {
		return events
	}
	for _, asked := range e.book.asked() {
		if asked.Kind == history.ChildScheduled {
			events = append(events, record.Event{
				Kind: history.ChildTerminated, Time: input.Time, Task: asked.Task, ID: asked.ID, Data: input.Data,
			})
		}
	}
	return events
}

// cancelTimers returns the events that take back all timers that are set.
func (e *episode) cancelTimers(now time.Time) []record.Event {
	var events []record.Event
	for _, asked := range e.book.asked() {
		if asked.Kind == history.TimerCreated {
			events = append(events, record.Event{Kind: history.TimerCancelled, Time: now, Task: asked.Task})
		}
	}
	return events
}

// conclude sets what the value shows of how the events left the instance, and
// takes out of them what the value holds already.
func (e *episode) conclude(events []record.Event) {
	v := &e.value
	switch {
	case e.book.suspended:
		v.Status = history.Suspended
	case e.book.delayed:
		v.Status = history.Pending
	default:
		v.Status = history.Running
	}
	for i := range events {
		switch end := &events[i]; end.Kind {
		case history.ExecutionTerminated:
			v.Status, v.Output = history.Terminated, reason(end.Data)
		case history.ExecutionCompleted:
			v.Status, v.Output, end.Data = history.Completed, end.Data, nil
		case history.ExecutionFailed:
			v.Status, v.Failure, end.Failure = history.Failed, end.Failure, nil
		}
	}
}

// show copies what the code shows of itself into the value. Of code that was not
// asked, or that is blocked, what it showed last stays.
func (e *episode) show(now time.Time) {
	v := &e.value
	v.Updated = now
	if e.live != nil {
		view := e.live.View()
		v.CustomStatus, v.Waits = view.CustomStatus, view.Waits
	}
	if v.Status.Ended() {
		v.Waits = nil
	}
}

// mostBlocked bounds what is stored of why an instance is blocked.
const mostBlocked = 4 << 10

// showBlocked sets why the instance is blocked, nothing if it is not, and reports
// whether that is news. To be blocked no more is none: the next commit says it.
func (e *episode) showBlocked(now time.Time, blocked error) bool {
	why := ""
	if blocked != nil {
		why = blocked.Error()
		why = strings.ToValidUTF8(why[:min(len(why), mostBlocked)], "")
	}
	if e.value.Blocked == why {
		return false
	}
	e.value.Blocked = why
	if why == "" {
		return false
	}
	e.value.Updated = now
	return true
}

// isSpokenTo reports whether a message may be meant for this execution. What was
// stored before its start is not: it has been there to be spoken to only since.
func (e *episode) isSpokenTo(m hub.Message) bool {
	return e.isLive() && (e.book.started || m.Verb == hub.VerbStart || e.endsClaim(m))
}

// endsClaim reports whether the message is to end an instance that was claimed and
// never started: it names the execution, so it was sent when the claim was there,
// and a start would have come before.
func (e *episode) endsClaim(m hub.Message) bool {
	return m.Verb == hub.VerbTerminate && m.Execution == e.value.Execution && m.Execution != ""
}

// reason makes a terminate's payload the output of the instance: JSON as it came,
// anything else as a JSON string.
func reason(data []byte) []byte {
	if len(data) == 0 || json.Valid(data) {
		return data
	}
	text, err := json.Marshal(string(data))
	if err != nil {
		return nil
	}
	return text
}
