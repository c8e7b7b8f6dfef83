package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// records reads the records of instances. A record that cannot be read is replaced by a
// stand-in with what its headers say, so that its instance can be shown, ended and replaced.
type records struct{ hub Hub }

// load returns the record of an instance, or ErrInstanceNotFound. The record may be a moment
// old, but an instance that exists is always found.
func (r records) load(ctx context.Context, id string) (*record.InstanceRecord, error) {
	if err := ident.CheckInstance(id); err != nil {
		return nil, err
	}
	v, _, err := r.hub.Load(ctx, id)
	if err != nil && !isUnreadable(err) {
		return nil, fmt.Errorf("loading instance %q: %w", id, err)
	}
	if v != nil && v.Status.IsInstance() {
		return v, nil
	}
	return r.latest(ctx, id)
}

// latest returns the newest record of an instance, or ErrInstanceNotFound.
func (r records) latest(ctx context.Context, id string) (*record.InstanceRecord, error) {
	v, _, err := r.newest(ctx, id)
	if err != nil {
		return nil, err
	}
	if v == nil || !v.Status.IsInstance() {
		return nil, notFound(id)
	}
	return v, nil
}

// live returns the record of an instance that has not ended, otherwise ErrInstanceNotFound
// or ErrInstanceEnded.
func (r records) live(ctx context.Context, id string) (*record.InstanceRecord, error) {
	v, err := r.load(ctx, id)
	if err != nil || !v.Status.Ended() {
		return v, err
	}
	// The instance may have been started again since this record was stored.
	if v, err = r.latest(ctx, id); err != nil {
		return nil, err
	}
	if v.Status.Ended() {
		return nil, fmt.Errorf("%w: %q is %s", ErrInstanceEnded, id, v.Status)
	}
	return v, nil
}

// newest returns the newest record of an id and its revision; nil if the id has none. The
// record may be one that only keeps events for an instance to come.
func (r records) newest(ctx context.Context, id string) (*record.InstanceRecord, uint64, error) {
	v, revision, err := r.hub.LoadLatest(ctx, id)
	var unreadable *record.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		return unreadable.StandIn(), unreadable.Revision, nil
	case err != nil:
		return nil, 0, fmt.Errorf("loading instance %q: %w", id, err)
	}
	return v, revision, nil
}

// history returns all stored events of a record.
func (r records) history(ctx context.Context, id string, v *record.InstanceRecord) ([]record.Event, error) {
	if len(v.Segments) == 0 {
		return v.History(nil)
	}
	keys := make([]string, len(v.Segments))
	for i, s := range v.Segments {
		keys[i] = s.Key
	}
	segments, err := r.hub.ReadSegments(ctx, id, keys)
	if err != nil {
		return nil, err
	}
	return v.History(segments)
}

func isUnreadable(err error) bool {
	var unreadable *record.UnreadableError
	return errors.As(err, &unreadable)
}

// isLive reports whether a record is that of an instance that has not ended.
func isLive(v *record.InstanceRecord) bool { return v.Status.IsInstance() && !v.Status.Ended() }

func notFound(id string) error { return fmt.Errorf("%w: %q", ErrInstanceNotFound, id) }
