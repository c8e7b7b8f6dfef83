package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// holdBack deals with an instance that cannot be taken up, or whose turn cannot be
// stored, until somebody changes what is stored, the limits of the hub or the program.
// The instance is shown as blocked, where that can be stored, and its messages are kept.
// A terminate among them ends it all the same, and so does a start that takes its
// place: neither needs its code or its history.
func (r *Runner) holdBack(ctx context.Context, partition int, batch []hub.Delivery, cause error) (int, error) {
	var blocked *BlockedError
	if errors.As(cause, &blocked) {
		cause = blocked.Reason // whoever shows the reason says that the instance is blocked
	}
	e, whole, err := r.takeUpHeld(ctx, batch[0].Instance, cause)
	if err != nil {
		return 0, err
	}
	stored := e.value
	s, err := r.step(ctx, e, batch, r.executor)
	if err != nil {
		return 0, err
	}
	if !whole {
		s.startOver()
	}
	s.advance(batch)
	if s.taken > 0 {
		n, err := r.finish(ctx, s, partition, batch)
		if hub.IsPermanent(err) {
			err = &BlockedError{Instance: e.instance, Reason: err}
		}
		return n, err
	}
	s.close()
	if e.exists {
		r.showHeld(ctx, e, stored)
	}
	return 0, &BlockedError{Instance: e.instance, Reason: e.held}
}

// takeUpHeld reads as much of the instance as can be read, and reports whether that is
// all of its history.
func (r *Runner) takeUpHeld(ctx context.Context, instance string, cause error) (e *episode, whole bool, err error) {
	v, revision, err := r.hub.LoadLatest(ctx, instance)
	var unreadable *record.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		v, revision, cause = unreadable.StandIn(), unreadable.Revision, unreadable
	case err != nil:
		return nil, false, fmt.Errorf("load instance %q: %w", instance, err)
	}
	var events []record.Event
	if v != nil {
		events, err = r.events(ctx, instance, v)
		switch {
		case hub.IsPermanent(err):
			events = v.Log.Events
		case err != nil:
			return nil, false, fmt.Errorf("load history of instance %q: %w", instance, err)
		}
	}
	e = newEpisode(instance, v, revision, events)
	e.book.started = true
	e.held, e.latest = cause, true
	return e, err == nil, nil
}

// heldBack returns why a message cannot be taken in by an instance that is held back,
// nil if it can: a start takes the place of one that has ended, and what is said to one
// that has ended changes nothing.
func (s *step) heldBack(m hub.Message) error {
	switch {
	case s.held == nil:
	case !s.exists, !s.value.Status.Ended():
		return s.held
	case m.Verb == hub.VerbRewind, m.Verb == hub.VerbRaise && m.At.After(s.now):
		return s.held
	case m.Verb == hub.VerbStart && record.IsRunOf(m.Execution, s.value.Execution):
		return s.held
	}
	return nil
}

// showHeld stores why the instance is held back, and changes nothing else. Of a value
// that cannot be read, or not be stored, nobody but its reader can say so.
func (r *Runner) showHeld(ctx context.Context, e *episode, stored record.InstanceRecord) {
	var unreadable *record.UnreadableError
	if errors.As(e.held, &unreadable) {
		return
	}
	e.value = stored
	if !e.showBlocked(r.hub.Now(ctx).UTC(), e.held) {
		return
	}
	if _, err := r.hub.Commit(ctx, e.instance, &e.value, e.revision); err != nil {
		r.monitor.Log.Debug("why an instance is blocked was not stored", monitor.KeyInstance, e.instance, monitor.KeyError, err)
	}
}

// dropInput lets go of the input, and says so: the instance cannot be restarted.
func (s *step) dropInput() {
	v := &s.value
	if len(v.Input) == 0 {
		return
	}
	dropped := &history.Failure{
		Type:    history.InputDropped,
		Message: fmt.Sprintf("the input had %d bytes, which the hub has no room for any more", len(v.Input)),
	}
	v.Input = nil
	if v.Failure == nil {
		v.Failure = dropped
		return
	}
	failure := *v.Failure
	failure.Cause, v.Failure = dropped, &failure
}

// shrink makes the value of an instance that has ended fit, at the cost of what it
// holds: whatever that is, the instance can be terminated, and it can fail.
func (s *step) shrink(most int) {
	v := &s.value
	for _, drop := range []func(){
		func() { v.Waits, v.CustomStatus, v.SeenIDs = nil, nil, nil },
		s.dropInput,
		func() { v.Output = nil },
		func() { v.Kept = nil },
	} {
		if v.Beside()+min(v.Log.Size(), sealAt) <= most {
			return
		}
		drop()
	}
}
