package turn

import (
	"fmt"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Batch is the input of a turn.
type Batch struct {
	// Messages of one instance, in the order the hub stored them.
	Messages []hub.Delivery
	// Now is the time by the hub's clock.
	Now time.Time
}

// Bounds of what one turn takes in.
const (
	mostMessages = 256
	mostBytes    = 256 << 10
)

// Advance takes in messages, in order. It stops early where the turn has enough, where the
// instance ends, and where it cannot go on.
func Advance(i *Instance, batch Batch, limits Limits, executor Executor) *Outcome {
	d := draft{Instance: *i, executor: executor, limits: limits, now: batch.Now}
	d.history.layer = i.history.onTop(&d.spare)
	d.Record.Closed = nil
	if d.Partial {
		d.dropHistory()
	}
	taken, changed, bytes := 0, false, 0
	var blocked error
	for taken < min(len(batch.Messages), mostMessages) && blocked == nil {
		m := batch.Messages[taken]
		bytes += len(m.Data)
		if taken > 0 && bytes > mostBytes || changed && d.hasEnoughBefore(m) {
			break
		}
		var v verdict
		if v, blocked = take(&d, m); blocked != nil {
			break
		}
		switch {
		case v == stray && !d.Latest:
			d.Close()
			return &Outcome{Kind: Stale}
		case v == isTaken || v == known:
			d.Record.Watermark, changed = m.Seq, true
		}
		taken++
	}
	if blocked != nil {
		if n, preempted := preempt(&d, batch.Messages[taken:]); preempted {
			taken, changed, blocked = taken+n, true, nil
		}
	}
	return finish(i, &d, taken, changed, blocked)
}

// hasEnoughBefore reports whether a turn that has changed something must end before a
// message: the instance has ended; the turn has closed as much as one record can hold; or
// the message makes the instance way for another one, in a turn of its own.
func (d *draft) hasEnoughBefore(m hub.Delivery) bool {
	return !d.IsLive() || d.closing > d.limits.Payload || m.Replaces == hub.AnyAtAll
}

// take takes in one message. It returns an error if the message cannot be taken in as things
// are.
func take(d *draft, m hub.Delivery) (verdict, error) {
	if err := heldBack(d, m.Message); err != nil {
		return stray, err
	}
	if d.Exists && m.Seq <= d.Record.Watermark {
		return behind, nil
	}
	if size := len(m.Data) + len(m.Arg); d.limits.Record > 0 && size+record.SealAt > d.limits.Record && (d.IsLive() || m.Verb == hub.VerbStart) {
		return stray, fmt.Errorf("%w: %s %q has a payload of %d bytes, and the hub stores %d", record.ErrTooLarge, m.Verb, m.Arg, len(m.Data), d.limits.Record)
	}
	switch {
	case m.Verb == hub.VerbStart:
		return takeStart(d, m)
	case m.Verb == hub.VerbRewind:
		return takeRewind(d, m.Message)
	case isForLive(d, m.Message):
		return takeInput(d, m.Message)
	case m.Verb == hub.VerbRaise:
		return keepEarly(d, m), nil
	}
	return stray, nil
}

// finish completes the outcome of a turn that began with the instance i.
func finish(i *Instance, d *draft, taken int, changed bool, blocked error) *Outcome {
	if changed {
		if len(d.added) > 0 || !d.Record.Status.Ended() {
			d.show()
		}
		d.Record.Turn = len(d.added) - d.kept
	}
	if d.Exists && (d.HeldBack == nil || blocked == nil) {
		changed = ShowBlocked(&d.Record, blocked, d.now) || changed
	}
	o := d.outcome()
	o.Taken, o.Err, o.Changed = taken, blocked, changed
	if !changed {
		o.Obsolete = nil // the record that is stored refers to them still
	}
	switch {
	case blocked != nil:
		o.Kind = Blocked
	case changed:
		o.Kind = Advanced
	default:
		o.Next = *i
		o.Next.Code, o.Next.Events = d.Code, d.Events
	}
	return o
}

// show copies the waits and the custom status of the code into the record. If the code was
// not run, or is blocked, the record keeps those of before.
func (d *draft) show() {
	v := &d.Record
	v.Updated = d.now
	if d.Code != nil {
		view := d.Code.View()
		v.CustomStatus, v.Waits = view.CustomStatus, view.Waits
	}
	if v.Status.Ended() {
		v.Waits = nil
	}
}

// mostBlocked bounds the stored reason of a block, in bytes.
const mostBlocked = 4 << 10

// ShowBlocked makes a record show why the instance is blocked, nil if it is not, and reports
// whether that must be stored. That an instance is blocked no more need not be stored: the
// next commit says it.
func ShowBlocked(v *record.InstanceRecord, blocked error, now time.Time) bool {
	why := ""
	if blocked != nil {
		why = blocked.Error()
		why = strings.ToValidUTF8(why[:min(len(why), mostBlocked)], "")
	}
	isNews := why != "" && why != v.Blocked
	v.Blocked = why
	if isNews {
		v.Updated = now
	}
	return isNews
}
