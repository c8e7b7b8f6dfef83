package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// predecessor tells of the record that a new instance replaces: that of an ended instance, of
// events that are kept for it, or what a purge left behind. The zero predecessor is no record.
type predecessor struct {
	revision, watermark uint64
	// lastTurn has the last decisions of an ended instance if no worker has carried them out
	// yet. The new record must hold them, since the old one is about to be replaced.
	lastTurn []record.Closed
	// kept are the events that were raised before the new instance.
	kept []record.Event
}

// succeed returns what a new instance must keep of the record, which is nil or that of no live
// instance. It returns ErrInstanceExists if the record may not be replaced.
func (s launcher) succeed(ctx context.Context, id string, v *record.InstanceRecord, revision uint64) (predecessor, error) {
	p := predecessor{revision: revision}
	if v == nil {
		return p, nil
	}
	p.watermark, p.kept = v.Watermark, v.Kept
	if !v.Status.IsInstance() {
		return p, nil
	}
	if err := s.settings.checkReuse(ctx, id, v); err != nil {
		return p, err
	}
	settled, err := s.hub.Settled(ctx, id, v.Watermark)
	if err != nil {
		return p, fmt.Errorf("looking for what instance %q has left: %w", id, err)
	}
	if settled {
		return p, nil
	}
	if len(v.ClosedKeys) > 0 { // the new record has no room for that much
		timeout, stop := context.WithTimeout(ctx, settleTimeout)
		defer stop()
		return p, s.records.awaitSettled(ctx, id, v, timeout.Done())
	}
	events, err := s.records.history(ctx, id, v)
	if errors.Is(err, hub.ErrNotFound) {
		return p, nil // it has been replaced meanwhile, as the claim will find
	}
	p.lastTurn = v.LastTurn(events)
	return p, err
}
