package client

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
)

// payloadTime is how the HTTP API writes times.
const payloadTime = "2006-01-02T15:04:05Z"

// StatusPayload is an instance as the HTTP management API and the commands write
// it in JSON: what Durable Functions calls the status payload, and after it what
// Dormouse adds.
type StatusPayload struct {
	Name            string          `json:"name"`
	InstanceID      string          `json:"instanceId"`
	RuntimeStatus   string          `json:"runtimeStatus"`
	Input           json.RawMessage `json:"input"`
	CustomStatus    json.RawMessage `json:"customStatus"`
	Output          json.RawMessage `json:"output"`
	CreatedTime     string          `json:"createdTime"`
	LastUpdatedTime string          `json:"lastUpdatedTime"`
	WaitingFor      []WaitPayload   `json:"waitingFor"`
	Version         string          `json:"version,omitempty"`
	Tags            Tags            `json:"tags,omitempty"`
	Parent          *ParentPayload  `json:"parent,omitempty"`
	// Children are there where who writes the payload has looked for them.
	Children []ChildPayload `json:"children,omitempty"`
	Blocked  string         `json:"blocked,omitempty"`
	Failure  *Failure       `json:"failure,omitempty"`
}

// ParentPayload is a [Parent] in JSON.
type ParentPayload struct {
	InstanceID string `json:"instanceId"`
	Task       int64  `json:"task"`
}

// WaitPayload is a [Wait] in JSON. Task is that of an activity, child or timer.
type WaitPayload struct {
	Kind     string     `json:"kind"`
	Name     string     `json:"name,omitempty"`
	Task     int64      `json:"task,omitempty"`
	Since    time.Time  `json:"since"`
	Deadline *time.Time `json:"deadline,omitempty"`
	// Unregistered says of an activity that no worker has registered it; see
	// [StatusPayload.MarkUnregistered].
	Unregistered bool `json:"unregistered,omitempty"`
}

// StatusPayload returns the instance in the form of the HTTP API. The output of a
// failed instance is there its failure's message.
func (i *Instance) StatusPayload() StatusPayload {
	p := StatusPayload{
		Name:            i.Name,
		InstanceID:      i.ID,
		RuntimeStatus:   i.Status.String(),
		Input:           rawjson.From(i.Input),
		CustomStatus:    rawjson.From(i.CustomStatus),
		Output:          rawjson.From(i.Output),
		CreatedTime:     i.Created.UTC().Format(payloadTime),
		LastUpdatedTime: i.Updated.UTC().Format(payloadTime),
		WaitingFor:      make([]WaitPayload, 0, len(i.Waits)),
		Version:         i.Version,
		Tags:            i.Tags,
		Blocked:         i.Blocked,
		Failure:         i.Failure,
	}
	if i.Parent != nil {
		p.Parent = &ParentPayload{InstanceID: i.Parent.Instance, Task: i.Parent.Task}
	}
	if i.Output == nil && i.Failure != nil {
		p.Output = rawjson.Quote(i.Failure.Message)
	}
	for _, w := range i.Waits {
		wait := WaitPayload{Kind: w.Kind.String(), Name: w.Name, Task: w.Task, Since: w.Since}
		if !w.Deadline.IsZero() {
			wait.Deadline = &w.Deadline
		}
		p.WaitingFor = append(p.WaitingFor, wait)
	}
	return p
}

// MarkUnregistered marks the waits for these activities, which [Client.Unregistered]
// returns.
func (p *StatusPayload) MarkUnregistered(activities []string) {
	for i := range p.WaitingFor {
		w := &p.WaitingFor[i]
		w.Unregistered = w.Kind == WaitActivity.String() && slices.Contains(activities, w.Name)
	}
}
