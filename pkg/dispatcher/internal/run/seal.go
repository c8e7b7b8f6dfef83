package run

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// seal gives the outcome the log that is to be stored. Sealed events become the
// newest segment, to which those before are joined that are at most twice its size: each has
// more than twice the size of the next, so there are only as many segments as the
// history's size has powers of two.
//
// A segment of events that were committed before is a pure function of them, so
// its key is too, and writing it twice does no harm. Events that were not are
// sealed only if a turn adds more than a record can hold; the key then is one
// of a kind, since another owner may be about to commit others in their place.
func (s store) seal(ctx context.Context, o *turn.Outcome) error {
	v := &o.Next.Record
	o.Obsolete = append(o.Obsolete, v.ClosedKeys...)
	v.ClosedKeys = nil
	committed, added := v.Log, record.NewLog(o.Events...)
	if committed.Size()+added.Size() <= record.SealAt || committed.Size() == 0 {
		v.Log = committed.Join(added)
	} else {
		if err := s.sealCommitted(ctx, o, committed); err != nil {
			return err
		}
		v.Log = added
	}
	return s.spill(ctx, o)
}

func (s store) sealCommitted(ctx context.Context, o *turn.Outcome, log record.Log) error {
	if most := s.hub.MaxValue(); log.Size() > most && len(log.Events) > 1 { // it was lowered
		chunk, rest := log.Split(most / 2)
		if err := s.sealCommitted(ctx, o, chunk); err != nil {
			return err
		}
		return s.sealCommitted(ctx, o, rest)
	}
	v := &o.Next.Record
	stored, events := log.Stored(), len(log.Events)
	for n := len(v.Segments); n > 0; n = len(v.Segments) {
		last := v.Segments[n-1]
		if last.Bytes > 2*len(stored) || last.Bytes+len(stored) > s.hub.MaxValue() {
			break
		}
		before, err := s.hub.ReadSegments(ctx, o.Next.ID, []string{last.Key})
		if err != nil {
			return fmt.Errorf("join segment %s of instance %q: %w", last.Key, o.Next.ID, err)
		}
		stored = append(before[0], stored...)
		events += last.Events
		v.Segments = v.Segments[: n-1 : n-1]
		o.Obsolete = append(o.Obsolete, last.Key)
	}
	first := sealedEvents(v.Segments) + 1
	key := fmt.Sprintf("%s.%d.%d", v.Execution, first, events)
	return s.writeSegment(ctx, o, record.Segment{Key: key, Events: events, Bytes: len(stored)}, stored)
}

// spill seals events of this very turn if the record would be too large for the hub to
// store. The rest of the record cannot be sealed: an instance that has come to need more of
// that than there is room for has failed. An instance that needs no more than before is held
// back: the hub has less room than before.
func (s store) spill(ctx context.Context, o *turn.Outcome) error {
	most := s.hub.MaxValue()
	if o.Next.Record.Size() > most {
		if err := s.spillClosed(ctx, o, most/2); err != nil {
			return err
		}
	}
	if err := o.Next.Record.CheckFit(most); err != nil {
		switch {
		case o.Next.Record.Status == history.Terminated:
		case o.Next.Beside+record.SealAt > most:
			return err // it has fitted before: the hub's limit was lowered
		default:
			*o = *o.Overflow(o.Next.Record.Beside(), turn.Limits{Payload: s.hub.MaxPayload(), Record: most})
			o.Next.Record.Log = record.NewLog(o.Events...)
		}
		o.Next.Record = turn.Shrink(o.Next.Record, most)
	}
	v := &o.Next.Record
	for v.Size() > most && v.Log.Size() > record.SealAt {
		chunk, rest := v.Log.Split(most / 2)
		first := sealedEvents(v.Segments) + 1
		key := fmt.Sprintf("%s.%d.%d.%s", v.Execution, first, len(chunk.Events), rand.Text())
		segment := record.Segment{Key: key, Events: len(chunk.Events), Bytes: chunk.Size()}
		if err := s.writeSegment(ctx, o, segment, chunk.Stored()); err != nil {
			return err
		}
		v.Log = rest
	}
	return nil
}

// spillClosed puts the decisions of closed generations into segments of their own, for the
// time until the next turn.
func (s store) spillClosed(ctx context.Context, o *turn.Outcome, size int) error {
	v := &o.Next.Record
	for log := record.SealClosed(v.Closed); log.Size() > 0; {
		var chunk record.Log
		chunk, log = log.Split(size)
		key := fmt.Sprintf("%s.closed.%s", v.Execution, rand.Text())
		if err := s.hub.WriteSegment(ctx, o.Next.ID, key, chunk.Stored()); err != nil {
			return fmt.Errorf("seal the decisions of instance %q: %w", o.Next.ID, err)
		}
		v.ClosedKeys = append(v.ClosedKeys, key)
	}
	o.Spilled, v.Closed = v.Closed, nil
	return nil
}

func (s store) writeSegment(ctx context.Context, o *turn.Outcome, segment record.Segment, stored []byte) error {
	if err := s.hub.WriteSegment(ctx, o.Next.ID, segment.Key, stored); err != nil {
		return fmt.Errorf("seal history of instance %q: %w", o.Next.ID, err)
	}
	v := &o.Next.Record
	v.Segments = append(v.Segments[:len(v.Segments):len(v.Segments)], segment)
	return nil
}

func sealedEvents(segments []record.Segment) int {
	n := 0
	for _, s := range segments {
		n += s.Events
	}
	return n
}
