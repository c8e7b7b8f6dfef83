package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// The words of a status report; package history says more of each.
type (
	// Status is the state of an instance.
	Status = history.Status
	// Wait is one thing that an instance waits for.
	Wait = history.Wait
	// WaitKind says what sort of thing that is.
	WaitKind = history.WaitKind
	// Failure is an error that was written down.
	Failure = history.Failure
	// Parent is the task of another instance whose result an instance is.
	Parent = history.Parent
	// Child is a sub-orchestration as its parent's history tells of it.
	Child = history.Child
	// Event is one line of an instance's history.
	Event = history.Event
	// Tags are what an instance was labelled with when it was started.
	Tags = history.Tags
)

// What an instance can wait for.
const (
	WaitEvent    = history.WaitEvent
	WaitTimer    = history.WaitTimer
	WaitActivity = history.WaitActivity
	WaitChild    = history.WaitChild
)

// The states of an instance.
const (
	Pending        = history.Pending
	Running        = history.Running
	Suspended      = history.Suspended
	Completed      = history.Completed
	Failed         = history.Failed
	Terminated     = history.Terminated
	ContinuedAsNew = history.ContinuedAsNewStatus
	Canceled       = history.Canceled
)

// ParseStatus returns the status of that name, in any case.
func ParseStatus(name string) (Status, error) { return history.ParseStatus(name) }

// Instance is how an instance is at one moment.
type Instance struct {
	ID string
	// Name of the orchestrator.
	Name string
	// Version of the orchestrator that was asked for, empty for the newest.
	Version string
	// Parent is whose sub-orchestration it is, nil for nobody's.
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
	// Blocked says why the instance cannot go on until that is put right; empty when
	// it can.
	Blocked string
	// Created is when it was started, Updated when it last changed; UTC.
	Created time.Time
	Updated time.Time
	// Waits are what it waits for, oldest first.
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
	v, err := c.load(ctx, id)
	if err != nil {
		return nil, err
	}
	i := newInstance(id, v)
	if err := v.CheckFit(c.hub.MaxValue()); err != nil && i.Blocked == "" && !i.Status.Ended() {
		// No worker can store that it is blocked.
		i.Blocked = err.Error()
	}
	return i, nil
}
