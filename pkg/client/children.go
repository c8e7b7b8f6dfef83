package client

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Child is a sub-orchestration, as its parent knows it.
type Child struct {
	// ID of the child's instance.
	ID string
	// Name of its orchestrator.
	Name string
	// Task of the parent whose result it is.
	Task int64
	// Status is Running until the parent has heard of the child's end, Terminated
	// from when the parent has asked for that.
	Status Status
	// Since is when the parent asked for the child.
	Since time.Time
}

// Children returns the sub-orchestrations of the instance's present generation, in
// the order in which it asked for them. It reads the whole history. It returns
// [ErrInstanceNotFound] if there is no such instance.
func (c *Client) Children(ctx context.Context, id string) ([]Child, error) {
	events, err := c.History(ctx, id)
	if err != nil {
		return nil, err
	}
	return ChildrenOf(events), nil
}

// ChildrenOf returns the sub-orchestrations that stand in a history.
func ChildrenOf(events []Event) []Child {
	var children []Child
	at := map[int64]int{}
	for _, e := range events {
		i, known := at[e.Task]
		switch e.Kind {
		case history.ChildScheduled:
			at[e.Task] = len(children)
			children = append(children, Child{ID: e.ID, Name: e.Name, Task: e.Task, Status: Running, Since: e.Time})
		case history.ChildRewound:
			setStatus(children, i, known, Running)
		case history.TaskCompleted:
			setStatus(children, i, known, Completed)
		case history.TaskFailed:
			setStatus(children, i, known, Failed)
		case history.ChildTerminated:
			setStatus(children, i, known, Terminated)
		}
	}
	return children
}

func setStatus(children []Child, i int, known bool, status Status) {
	if known {
		children[i].Status = status
	}
}

// ChildPayload is a [Child] in JSON.
type ChildPayload struct {
	InstanceID    string    `json:"instanceId"`
	Name          string    `json:"name"`
	Task          int64     `json:"task"`
	RuntimeStatus string    `json:"runtimeStatus"`
	Since         time.Time `json:"since"`
}

// ChildPayloads returns children in the form in which they are written as JSON.
func ChildPayloads(children []Child) []ChildPayload {
	payloads := make([]ChildPayload, 0, len(children))
	for _, c := range children {
		payloads = append(payloads, ChildPayload{
			InstanceID: c.ID, Name: c.Name, Task: c.Task, RuntimeStatus: c.Status.String(), Since: c.Since.UTC(),
		})
	}
	return payloads
}
