package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// loader reads instances.
type loader struct {
	hub    Hub
	outbox *outbox
}

// load reads the instance that a batch is for.
func (l *loader) load(ctx context.Context, batch []hub.Delivery) (*turn.Instance, error) {
	i, err := l.read(ctx, batch, l.hub.Load)
	if errors.Is(err, hub.ErrNotFound) {
		// A stale record may refer to a segment that the newest does not need.
		return l.latest(ctx, batch)
	}
	return i, err
}

// latest is load, but of the newest record: no replica is asked that may lag behind.
func (l *loader) latest(ctx context.Context, batch []hub.Delivery) (*turn.Instance, error) {
	i, err := l.read(ctx, batch, l.hub.LoadLatest)
	if err != nil {
		return nil, err
	}
	i.Latest = true
	return i, nil
}

type readRecord func(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error)

// read reads an instance from the hub. Commands of its last turn that a crash may have lost
// are sent now, before another turn takes its place.
func (l *loader) read(ctx context.Context, batch []hub.Delivery, read readRecord) (*turn.Instance, error) {
	instance := batch[0].Instance
	v, revision, err := read(ctx, instance)
	if err != nil {
		return nil, fmt.Errorf("load instance %q: %w", instance, err)
	}
	if v == nil {
		return turn.Load(instance, nil, revision, nil), nil
	}
	events, err := l.events(ctx, instance, v)
	if err != nil {
		return nil, fmt.Errorf("load history of instance %q: %w", instance, err)
	}
	i := turn.Load(instance, v, revision, events)
	if batch[0].Seq > v.Watermark {
		return i, nil
	}
	return i, l.repair(ctx, i)
}

// repair sends the commands of the last turn once more: a message that it has taken in was
// not acked, so a crash may have kept them from being sent.
func (l *loader) repair(ctx context.Context, i *turn.Instance) error {
	var commands []hub.Command
	if keys := i.Record.ClosedKeys; len(keys) > 0 {
		pieces, err := l.hub.ReadSegments(ctx, i.ID, keys)
		if err != nil {
			return fmt.Errorf("load the last decisions of instance %q: %w", i.ID, err)
		}
		closed, err := record.OpenClosed(pieces)
		if err != nil {
			return fmt.Errorf("load the last decisions of instance %q: %w", i.ID, err)
		}
		commands = hub.CommandsOf(i.ID, closed)
	}
	return l.outbox.send(ctx, append(commands, hub.CommandsOf(i.ID, i.Record.LastTurn(i.Events))...))
}

// events returns the whole history of a record.
func (l *loader) events(ctx context.Context, instance string, v *record.InstanceRecord) ([]record.Event, error) {
	if len(v.Segments) == 0 {
		return v.Log.Events, nil
	}
	keys := make([]string, len(v.Segments))
	for i, s := range v.Segments {
		keys[i] = s.Key
	}
	segments, err := l.hub.ReadSegments(ctx, instance, keys)
	if err != nil {
		return nil, err
	}
	return v.History(segments)
}

// held reads as much of an instance as can be read, to hold it back for that reason.
func (l *loader) held(ctx context.Context, instance string, reason error) (*turn.Instance, error) {
	v, revision, err := l.hub.LoadLatest(ctx, instance)
	var unreadable *record.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		v, revision, reason = unreadable.StandIn(), unreadable.Revision, unreadable
	case err != nil:
		return nil, fmt.Errorf("load instance %q: %w", instance, err)
	}
	var events []record.Event
	partial := false
	if v != nil {
		events, err = l.events(ctx, instance, v)
		switch {
		case hub.IsPermanent(err):
			events, partial = v.Log.Events, true
		case err != nil:
			return nil, fmt.Errorf("load history of instance %q: %w", instance, err)
		}
	}
	return turn.LoadHeld(instance, v, revision, events, reason, partial), nil
}
