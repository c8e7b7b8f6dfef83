package record

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// InstanceRecord is all that is stored of an instance. A turn replaces it as a whole, by
// compare-and-set, so it is never half written.
type InstanceRecord struct {
	// Name of the orchestrator.
	Name string
	// Execution names this run of the instance. A new start of an ended id, and
	// every generation after ContinueAsNew, has another.
	Execution string
	// Generation counts ContinueAsNew, from 0.
	Generation int64
	Status     history.Status
	// Created is when the instance was started, Updated when its last turn ran.
	Created time.Time
	Updated time.Time
	// Input of this generation, Output of the ended instance; JSON.
	Input  []byte
	Output []byte
	// CustomStatus is what the orchestrator last said of itself; JSON.
	CustomStatus []byte
	// Failure of a failed instance.
	Failure *history.Failure
	// Waits are what the orchestrator waits for.
	Waits []history.Wait
	// Blocked says why the instance cannot go on until its code, its stored data or the
	// limits of the hub are put right; empty when it can.
	Blocked string
	// Watermark is the number of the last control message taken in: that one and
	// all before it are known.
	Watermark uint64
	// SeenIDs are what external events of earlier generations are known by, newest last,
	// bounded.
	SeenIDs []string
	// Segments hold the sealed events, oldest first. The Log goes on from there.
	Segments []Segment
	Log      Log
	// Turn is how many events, counted from the end of the history, the last turn
	// added. Their commands are sent again when a crash may have lost them.
	Turn int
	// Closed are the last events of generations that the last turn closed, for
	// the same purpose.
	Closed []Closed
	// Parent is whom the result is for, nil for nobody.
	Parent *Parent
	// Tags are what the instance was labelled with when it was started.
	Tags history.Tags
	// Version is the version of the orchestrator that was asked for, empty for the
	// newest.
	Version string
	// ClosedKeys are the keys of segments that hold more of Closed, in front of it,
	// where it takes more than the value has room for: see [SealClosed].
	ClosedKeys []string
	// Kept are events that were raised before there was an instance, each with the
	// time until which it is kept in At.
	Kept []Event
	// Unreadable says why this is a stand-in for a value that cannot be read. It is not
	// stored.
	Unreadable error
}

// ExecutionID returns the id of the present execution.
func (v *InstanceRecord) ExecutionID() ExecutionID {
	return ParseExecutionID(v.Execution, v.Generation)
}

// NeedsNoMore reports whether an activity that was asked for by that execution is of no
// use any more: the instance has been purged, terminated or replaced, or was rewound
// and has asked again. One whose execution has come to its end by itself is of use: its
// orchestrator may have asked for it and not waited.
func (v *InstanceRecord) NeedsNoMore(execution string) bool {
	if v == nil || !v.Status.IsInstance() || v.Status == history.Terminated {
		return true
	}
	if Unwound(execution) == Unwound(v.Execution) {
		return execution != v.Execution
	}
	return !IsRunOf(v.ExecutionID().Root, execution)
}

// Segment refers to a run of sealed events that is stored under its own key.
type Segment struct {
	Key    string
	Events int
	Bytes  int
}

// Closed are the last decisions of an execution, whose commands may have to be sent again: of
// a generation that has continued as new, of an execution that another one replaced, or of
// the present one.
type Closed struct {
	Execution string
	Events    []Event
}

// Events returns how many events the history has, sealed ones included.
func (v *InstanceRecord) Events() int {
	n := len(v.Log.Events)
	for _, s := range v.Segments {
		n += s.Events
	}
	return n
}

// Size is about how many bytes the stored form takes: what is small in it is
// counted roughly, what may be large exactly.
func (v *InstanceRecord) Size() int {
	const small = 64
	n := 512 + len(v.Input) + len(v.Output) + len(v.CustomStatus) + len(v.Blocked) + v.Log.Size()
	for f := v.Failure; f != nil; f = f.Cause {
		n += small + len(f.Type) + len(f.Message) + len(f.Stack)
	}
	for _, w := range v.Waits {
		n += small + len(w.Name)
	}
	for _, id := range v.SeenIDs {
		n += small + len(id)
	}
	for _, s := range v.Segments {
		n += small + len(s.Key)
	}
	for _, c := range v.Closed {
		n += small + len(c.Execution) + sizeOf(c.Events)
	}
	for key, value := range v.Tags {
		n += small + len(key) + len(value)
	}
	if v.Parent != nil {
		n += small + len(v.Parent.Instance) + len(v.Parent.Execution)
	}
	for _, key := range v.ClosedKeys {
		n += small + len(key)
	}
	return n + len(v.Version) + sizeOf(v.Kept)
}

// WhyBlocked returns the beginning of why the instance is blocked, as one line of
// printable text that a header can hold.
func (v *InstanceRecord) WhyBlocked() string {
	const most = 200
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, ident.Cut(v.Blocked, most))
	return strings.TrimSpace(printable)
}

// Beside is about how many bytes the stored form takes beside the log.
func (v *InstanceRecord) Beside() int { return v.Size() - v.Log.Size() }

// SealAt is the size in bytes up to which a history stays in the value, so that waking
// a cold instance takes one read. What is beyond it is sealed: moved into segments that
// are never changed again.
const SealAt = 8 << 10

// CheckFit returns an error wrapping [ErrTooLarge] if a hub that stores no more than so
// many bytes has no room for the value and its log: only the log can be moved out of it.
func (v *InstanceRecord) CheckFit(most int) error {
	rest := v.Beside()
	if rest+SealAt <= most {
		return nil
	}
	return fmt.Errorf("%w: the state of orchestrator %q takes %d bytes beside its history, and the hub stores %d", ErrTooLarge, v.Name, rest, most)
}

// sizeOf is about how many bytes events take.
func sizeOf(events []Event) int {
	const small = 64
	n := 0
	for _, e := range events {
		n += small + len(e.Name) + len(e.ref) + len(e.Data)
		for f := e.Failure; f != nil; f = f.Cause {
			n += small + len(f.Type) + len(f.Message) + len(f.Stack)
		}
	}
	return n
}

// History returns all events of the value, given the contents of its segments.
func (v *InstanceRecord) History(segments [][]byte) ([]Event, error) {
	if len(segments) != len(v.Segments) {
		return nil, fmt.Errorf("%w: %d segments of %d", ErrCorrupt, len(segments), len(v.Segments))
	}
	var events []Event
	for i, stored := range segments {
		sealed, err := decodeEvents(stored)
		if err != nil {
			return nil, err
		}
		if len(sealed) != v.Segments[i].Events {
			return nil, fmt.Errorf("%w: segment %s has %d events, %d were sealed", ErrCorrupt, v.Segments[i].Key, len(sealed), v.Segments[i].Events)
		}
		events = append(events, sealed...)
	}
	return append(events, v.Log.Events...), nil
}

// LastTurn returns what the last turn decided, by execution. Events must end with
// the last turn's: the whole history does.
func (v *InstanceRecord) LastTurn(events []Event) []Closed {
	turn := events[max(0, len(events)-v.Turn):]
	decided := Commanding(turn)
	if hasEnd(turn) {
		decided = append(decided, v.Answer()...)
	}
	if len(decided) == 0 {
		return v.Closed
	}
	return append(v.Closed[:len(v.Closed):len(v.Closed)], Closed{Execution: v.Execution, Events: decided})
}

func hasEnd(turn []Event) bool {
	return slices.ContainsFunc(turn, func(e Event) bool {
		return e.Kind == history.ExecutionCompleted || e.Kind == history.ExecutionFailed || e.Kind == history.ExecutionTerminated
	})
}

// Answer returns what the parent is to be told of an instance that has ended, as an
// event that leads to the command; nothing if there is no parent.
func (v *InstanceRecord) Answer() []Event {
	if v.Parent == nil {
		return nil
	}
	var output []byte
	var failure *history.Failure
	switch v.Status {
	case history.Completed:
		output = v.Output
	case history.Failed:
		failure = v.Failure
	case history.Terminated:
		failure = terminated(v.Output)
	default:
		return nil
	}
	return []Event{ParentTold(*v.Parent, output, failure).On(v.Updated)}
}

// terminated is the failure of a child that was terminated.
func terminated(reason []byte) *history.Failure {
	const mostReason = 8 << 10
	f := &history.Failure{Type: "Terminated", Message: "the sub-orchestration was terminated", NonRetryable: true}
	if len(reason) > 0 {
		f.Message += ": " + ident.Cut(string(reason), mostReason)
	}
	return f
}
