package jsonview

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// timeFormat is how Durable Functions writes the times of a status: to the second, in UTC.
const timeFormat = "2006-01-02T15:04:05Z"

// Status is an instance in JSON: first the fields of Durable Functions' status payload,
// then those that Dormouse adds.
type Status struct {
	Name            string          `json:"name"`
	InstanceID      string          `json:"instanceId"`
	RuntimeStatus   string          `json:"runtimeStatus"`
	Input           json.RawMessage `json:"input"`
	CustomStatus    json.RawMessage `json:"customStatus"`
	Output          json.RawMessage `json:"output"`
	CreatedTime     string          `json:"createdTime"`
	LastUpdatedTime string          `json:"lastUpdatedTime"`
	WaitingFor      []Wait          `json:"waitingFor"`
	Version         string          `json:"version,omitempty"`
	Tags            history.Tags    `json:"tags,omitempty"`
	Parent          *Parent         `json:"parent,omitempty"`
	// Children are set by writers that have read the history.
	Children []Child          `json:"children,omitempty"`
	Blocked  string           `json:"blocked,omitempty"`
	Failure  *history.Failure `json:"failure,omitempty"`
}

// Parent is a [history.Parent] in JSON.
type Parent struct {
	InstanceID string `json:"instanceId"`
	Task       int64  `json:"task"`
}

// Wait is a [history.Wait] in JSON. Task is that of an activity, child or timer.
type Wait struct {
	Kind     string     `json:"kind"`
	Name     string     `json:"name,omitempty"`
	Task     int64      `json:"task,omitempty"`
	Since    time.Time  `json:"since"`
	Deadline *time.Time `json:"deadline,omitempty"`
	// Unregistered is set for an activity that no worker has registered; see
	// [Status.MarkUnregistered].
	Unregistered bool `json:"unregistered,omitempty"`
}

// NewStatus returns the JSON form of an instance. The output of a failed instance is the
// message of its failure.
func NewStatus(i *client.Instance) Status {
	s := Status{
		Name:            i.Name,
		InstanceID:      i.ID,
		RuntimeStatus:   i.Status.String(),
		Input:           rawjson.From(i.Input),
		CustomStatus:    rawjson.From(i.CustomStatus),
		Output:          rawjson.From(i.Output),
		CreatedTime:     i.Created.UTC().Format(timeFormat),
		LastUpdatedTime: i.Updated.UTC().Format(timeFormat),
		WaitingFor:      make([]Wait, 0, len(i.Waits)),
		Version:         i.Version,
		Tags:            i.Tags,
		Blocked:         i.Blocked,
		Failure:         i.Failure,
	}
	if i.Parent != nil {
		s.Parent = &Parent{InstanceID: i.Parent.Instance, Task: i.Parent.Task}
	}
	if i.Output == nil && i.Failure != nil {
		s.Output = rawjson.Quote(i.Failure.Message)
	}
	for _, w := range i.Waits {
		wait := Wait{Kind: w.Kind.String(), Name: w.Name, Task: w.Task, Since: w.Since}
		if !w.Deadline.IsZero() {
			wait.Deadline = &w.Deadline
		}
		s.WaitingFor = append(s.WaitingFor, wait)
	}
	return s
}

// MarkUnregistered marks the waits for these activities, which no worker has registered.
func (s *Status) MarkUnregistered(activities []string) {
	for i := range s.WaitingFor {
		w := &s.WaitingFor[i]
		w.Unregistered = w.Kind == history.WaitActivity.String() && slices.Contains(activities, w.Name)
	}
}
