package run

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// sealAt is the size in bytes up to which a history stays in the value.
const sealAt = record.SealAt

// seal sets the value's log for the commit of a step. Sealed events become the newest
// segment, to which those before are joined that are at most twice its size: each has
// more than twice the size of the next, so there are only as many segments as the
// history's size has powers of two.
//
// A segment of events that were committed before is a pure function of them, so
// its key is too, and writing it twice does no harm. Events that were not are
// sealed only where a turn adds more than a value can hold; the key then is one
// of a kind, since another owner may be about to commit others in their place.
func (r *Runner) seal(ctx context.Context, s *step) error {
	committed, fresh := s.value.Log, record.NewLog(s.fresh...)
	if committed.Size()+fresh.Size() <= sealAt || committed.Size() == 0 {
		s.value.Log = committed.Join(fresh)
	} else {
		if err := r.sealCommitted(ctx, s, committed); err != nil {
			return err
		}
		s.value.Log = fresh
	}
	return r.spill(ctx, s)
}

func (r *Runner) sealCommitted(ctx context.Context, s *step, log record.Log) error {
	if most := r.hub.MaxValue(); log.Size() > most && len(log.Events) > 1 { // it was lowered
		chunk, rest := log.Split(most / 2)
		if err := r.sealCommitted(ctx, s, chunk); err != nil {
			return err
		}
		return r.sealCommitted(ctx, s, rest)
	}
	v := &s.value
	stored, events := log.Stored(), len(log.Events)
	for n := len(v.Segments); n > 0; n = len(v.Segments) {
		last := v.Segments[n-1]
		if last.Bytes > 2*len(stored) || last.Bytes+len(stored) > r.hub.MaxValue() {
			break
		}
		before, err := r.hub.ReadSegments(ctx, s.instance, []string{last.Key})
		if err != nil {
			return fmt.Errorf("join segment %s of instance %q: %w", last.Key, s.instance, err)
		}
		stored = append(before[0], stored...)
		events += last.Events
		v.Segments = v.Segments[: n-1 : n-1]
		s.obsolete = append(s.obsolete, last.Key)
	}
	first := sealedEvents(v.Segments) + 1
	key := fmt.Sprintf("%s.%d.%d", v.Execution, first, events)
	return r.writeSegment(ctx, s, record.Segment{Key: key, Events: events, Bytes: len(stored)}, stored)
}

// spill seals events of this very turn where the value would be too large for
// the hub to store. What else the value holds cannot be sealed: an instance that has
// come to need more of that than there is room for has failed. One that needs no more
// than before is held back: the hub has less room than before.
func (r *Runner) spill(ctx context.Context, s *step) error {
	most := r.hub.MaxValue()
	if s.value.Size() > most {
		if err := r.spillClosed(ctx, s, most/2); err != nil {
			return err
		}
	}
	if err := s.value.CheckFit(most); err != nil {
		switch {
		case s.value.Status == history.Terminated:
			s.shrink(most)
		case s.beside+sealAt > most:
			return err // it has fitted before: the hub's limit was lowered
		default:
			s.overflow(s.value.Beside(), most)
		}
	}
	for s.value.Size() > most && s.value.Log.Size() > sealAt {
		chunk, rest := s.value.Log.Split(most / 2)
		first := sealedEvents(s.value.Segments) + 1
		key := fmt.Sprintf("%s.%d.%d.%s", s.value.Execution, first, len(chunk.Events), rand.Text())
		segment := record.Segment{Key: key, Events: len(chunk.Events), Bytes: chunk.Size()}
		if err := r.writeSegment(ctx, s, segment, chunk.Stored()); err != nil {
			return err
		}
		s.value.Log = rest
	}
	return nil
}

// spillClosed puts what closed generations have decided into segments of its own,
// for the time until the next turn.
func (r *Runner) spillClosed(ctx context.Context, s *step, size int) error {
	for log := record.SealClosed(s.value.Closed); log.Size() > 0; {
		var chunk record.Log
		chunk, log = log.Split(size)
		key := fmt.Sprintf("%s.closed.%s", s.value.Execution, rand.Text())
		if err := r.hub.WriteSegment(ctx, s.instance, key, chunk.Stored()); err != nil {
			return fmt.Errorf("seal what instance %q has decided: %w", s.instance, err)
		}
		s.value.ClosedKeys = append(s.value.ClosedKeys, key)
	}
	s.spilled, s.value.Closed = s.value.Closed, nil
	return nil
}

func (r *Runner) writeSegment(ctx context.Context, s *step, segment record.Segment, stored []byte) error {
	if err := r.hub.WriteSegment(ctx, s.instance, segment.Key, stored); err != nil {
		return fmt.Errorf("seal history of instance %q: %w", s.instance, err)
	}
	s.value.Segments = append(s.value.Segments[:len(s.value.Segments):len(s.value.Segments)], segment)
	return nil
}

func sealedEvents(segments []record.Segment) int {
	n := 0
	for _, s := range segments {
		n += s.Events
	}
	return n
}
