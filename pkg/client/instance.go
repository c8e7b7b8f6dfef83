package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Instance tells how an instance is at one moment.
type Instance struct {
	ID string
	// Name of the orchestrator.
	Name string
	// Version of the orchestrator that was asked for, empty for the newest.
	Version string
	// Parent is the task of the parent that the instance is the result of, nil if it has no
	// parent.
	Parent *Parent
	// Tags of the instance, nil for none.
	Tags Tags
	// Execution differs for each run of one id, and for each generation of a run.
	Execution string
	// Generation counts how often the instance has continued as new.
	Generation int64
	Status     Status
	// Input, Output and CustomStatus are JSON, nil for none.
	Input        json.RawMessage
	Output       json.RawMessage
	CustomStatus json.RawMessage
	// Failure of a failed instance, nil otherwise.
	Failure *Failure
	// Blocked says why the instance cannot go on until somebody puts that right; empty if it
	// can go on.
	Blocked string
	// Created is when the instance was started, Updated when it last changed; UTC.
	Created time.Time
	Updated time.Time
	// Waits are the things that the instance waits for, oldest first.
	Waits []Wait
	// Events is the length of its history.
	Events int
}

func newInstance(id string, v *record.InstanceRecord) *Instance {
	return &Instance{
		ID:           id,
		Name:         v.Name,
		Version:      v.Version,
		Parent:       v.Parent,
		Tags:         v.Tags,
		Execution:    v.Execution,
		Generation:   v.Generation,
		Status:       v.Status,
		Input:        v.Input,
		Output:       v.Output,
		CustomStatus: v.CustomStatus,
		Failure:      v.Failure,
		Blocked:      v.Blocked,
		Created:      v.Created,
		Updated:      v.Updated,
		Waits:        v.Waits,
		Events:       v.Events(),
	}
}

// Get returns how the instance is now, or [ErrInstanceNotFound].
func (c *Client) Get(ctx context.Context, id string) (*Instance, error) {
	v, err := c.records.load(ctx, id)
	if err != nil {
		return nil, err
	}
	i := newInstance(id, v)
	if err := v.CheckFit(c.hub.MaxValue()); err != nil && i.Blocked == "" && !i.Status.Ended() {
		// The record of such an instance is too large for any worker to store the reason.
		i.Blocked = err.Error()
	}
	return i, nil
}

// historyAttempts bounds how often a history is read again because the instance has moved on
// between the reading of its parts.
const historyAttempts = 5

// History returns the events of the instance's present generation, oldest first. In a failed
// instance the ExecutionFailed event has the reason; events that came too late may follow it.
// History returns [ErrInstanceNotFound] if there is no such instance.
func (c *Client) History(ctx context.Context, id string) ([]Event, error) {
	var err error
	for range historyAttempts {
		var v *record.InstanceRecord
		if v, err = c.records.load(ctx, id); err != nil {
			return nil, err
		}
		if err = v.Unreadable; err != nil {
			break
		}
		var events []record.Event
		if events, err = c.records.history(ctx, id, v); err == nil {
			return record.Public(explain(v, events)), nil
		}
		// A segment that is missing belonged to a generation that has ended since the
		// record was read.
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
