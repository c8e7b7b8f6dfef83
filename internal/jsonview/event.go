package jsonview

import (
	"encoding/json"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Event is a [history.Event] in JSON.
type Event struct {
	EventType string          `json:"eventType"`
	Timestamp time.Time       `json:"timestamp"`
	Task      int64           `json:"task,omitempty"`
	Name      string          `json:"name,omitempty"`
	ID        string          `json:"id,omitempty"`
	Instance  string          `json:"instance,omitempty"`
	Version   string          `json:"version,omitempty"`
	FirstTask int64           `json:"firstTask,omitempty"`
	Attempt   int             `json:"attempt,omitempty"`
	Timeout   string          `json:"timeout,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	// FireAt is when a timer, or a delayed start, is due.
	FireAt  *time.Time       `json:"fireAt,omitempty"`
	Failure *history.Failure `json:"failure,omitempty"`
}

// NewEvents returns the JSON form of a history.
func NewEvents(events []history.Event) []Event {
	all := make([]Event, 0, len(events))
	for _, e := range events {
		all = append(all, newEvent(e))
	}
	return all
}

func newEvent(e history.Event) Event {
	shown := Event{
		EventType: e.Kind.String(), Timestamp: e.Time.UTC(), Task: e.Task, Name: e.Name, ID: e.ID, Instance: e.Instance,
		Version: e.Version, FirstTask: e.FirstTask, Attempt: e.Attempt, Data: rawjson.From(e.Data), Failure: e.Failure,
	}
	if !e.Due.IsZero() {
		due := e.Due.UTC()
		shown.FireAt = &due
	}
	if e.Timeout > 0 {
		shown.Timeout = e.Timeout.String()
	}
	return shown
}
