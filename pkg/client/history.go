package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// historyAttempts bounds how often a history is read again because the instance
// moved on between the reading of its parts.
const historyAttempts = 5

// History returns what happened to the instance, oldest first, from the
// beginning of its present generation. That of a failed instance ends with the reason,
// behind which events may stand that came too late. It returns [ErrInstanceNotFound] if there
// is no such instance.
func (c *Client) History(ctx context.Context, id string) ([]Event, error) {
	var err error
	for range historyAttempts {
		var v *record.InstanceRecord
		if v, err = c.load(ctx, id); err != nil {
			return nil, err
		}
		if err = v.Unreadable; err != nil {
			break
		}
		var events []record.Event
		if events, err = c.events(ctx, id, v); err == nil {
			return record.Public(explain(v, events)), nil
		}
		// A segment that is gone belonged to a generation that has been closed
		// since the value was read.
		if !errors.Is(err, hub.ErrNotFound) {
			break
		}
	}
	return nil, fmt.Errorf("reading the history of instance %q: %w", id, err)
}

// explain gives the end of a failed instance its reason, which is stored beside the history.
func explain(v *record.InstanceRecord, events []record.Event) []record.Event {
	for i := range events {
		if events[i].Kind == history.ExecutionFailed && v.Status == Failed {
			events[i].Failure = v.Failure
		}
	}
	return events
}

// events returns the whole history of a value.
func (c *Client) events(ctx context.Context, id string, v *record.InstanceRecord) ([]record.Event, error) {
	if len(v.Segments) == 0 {
		return v.History(nil)
	}
	keys := make([]string, len(v.Segments))
	for i, s := range v.Segments {
		keys[i] = s.Key
	}
	segments, err := c.hub.ReadSegments(ctx, id, keys)
	if err != nil {
		return nil, err
	}
	return v.History(segments)
}
