package client

import (
	"encoding/json"
	"time"
)

// EventPayload is an [Event] in JSON.
type EventPayload struct {
	EventType string          `json:"eventType"`
	Timestamp time.Time       `json:"timestamp"`
	Task      int64           `json:"task,omitempty"`
	Name      string          `json:"name,omitempty"`
	ID        string          `json:"id,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	FireAt    *time.Time      `json:"fireAt,omitempty"`
	Failure   *Failure        `json:"failure,omitempty"`
}

// EventPayloads returns a history in the form in which it is written as JSON.
func EventPayloads(events []Event) []EventPayload {
	payloads := make([]EventPayload, 0, len(events))
	for _, e := range events {
		p := EventPayload{
			EventType: e.Kind.String(), Timestamp: e.Time.UTC(), Task: e.Task,
			Name: e.Name, ID: e.ID, Data: asJSON(e.Data), Failure: e.Failure,
		}
		if !e.At.IsZero() {
			p.FireAt = &e.At
		}
		payloads = append(payloads, p)
	}
	return payloads
}
