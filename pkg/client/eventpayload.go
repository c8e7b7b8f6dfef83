package client

import (
	"encoding/json"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// EventPayload is an [Event] in JSON.
type EventPayload struct {
	EventType string    `json:"eventType"`
	Timestamp time.Time `json:"timestamp"`
	// Task of an activity, child, timer or sent event.
	Task int64 `json:"task,omitempty"`
	// Name of the orchestrator, activity, external event or change.
	Name string `json:"name,omitempty"`
	// ID that an external event was raised with.
	ID string `json:"id,omitempty"`
	// Instance is the child, or to whom an event was sent.
	Instance string `json:"instance,omitempty"`
	// Version of the orchestrator's code, or of a change.
	Version string `json:"version,omitempty"`
	// FirstTask, Attempt and Timeout are those of an activity, if it has any.
	FirstTask int64           `json:"firstTask,omitempty"`
	Attempt   int             `json:"attempt,omitempty"`
	Timeout   string          `json:"timeout,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	// FireAt is when a timer, or a delayed start, is due.
	FireAt  *time.Time `json:"fireAt,omitempty"`
	Failure *Failure   `json:"failure,omitempty"`
}

// EventPayloads returns a history in the form in which it is written as JSON.
func EventPayloads(events []Event) []EventPayload {
	payloads := make([]EventPayload, 0, len(events))
	for _, e := range events {
		payloads = append(payloads, newEventPayload(e))
	}
	return payloads
}

func newEventPayload(e Event) EventPayload {
	p := EventPayload{
		EventType: e.Kind.String(), Timestamp: e.Time.UTC(), Task: e.Task,
		Name: e.Name, Data: rawjson.From(e.Data), Failure: e.Failure,
	}
	if !e.At.IsZero() {
		at := e.At.UTC()
		p.FireAt = &at
	}
	switch e.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		p.Task, p.Version = 0, e.ID
	case history.TaskScheduled, history.TaskRewound:
		call := record.ParseCall(e.ID)
		p.FirstTask, p.Attempt = call.First, call.Attempt
		if call.Timeout > 0 {
			p.Timeout = call.Timeout.String()
		}
	case history.ChildScheduled, history.ChildRewound, history.ChildTerminated, history.EventSent:
		p.Instance = e.ID
	case history.VersionMarked:
		p.Task, p.Version = 0, record.TaskArg(e.Task)
	default:
		p.ID = e.ID
	}
	return p
}
