package httpapi

import (
	"encoding/json"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// historyRow is one line of a history in the form of Durable Functions. The event that asks
// for something and the event that ends it are one row, once both are there.
type historyRow struct {
	EventType           string          `json:"EventType"`
	Name                string          `json:"Name,omitempty"`
	FunctionName        string          `json:"FunctionName,omitempty"`
	InstanceID          string          `json:"InstanceId,omitempty"`
	Timestamp           time.Time       `json:"Timestamp"`
	ScheduledTime       *time.Time      `json:"ScheduledTime,omitempty"`
	ScheduledStartTime  *time.Time      `json:"ScheduledStartTime,omitempty"`
	FireAt              *time.Time      `json:"FireAt,omitempty"`
	Input               json.RawMessage `json:"Input,omitempty"`
	Result              json.RawMessage `json:"Result,omitempty"`
	OrchestrationStatus string          `json:"OrchestrationStatus,omitempty"`
	Reason              string          `json:"Reason,omitempty"`
	Details             string          `json:"Details,omitempty"`
	Version             string          `json:"Version,omitempty"`
}

// historian turns events into rows.
type historian struct {
	// instance has the input, output and failure, which its history does not repeat.
	instance *client.Instance
	options  statusOptions
	rows     []*historyRow
	// begun has, by their tasks, the events that asked for something, and the places of their
	// rows. A row is removed when the end of its task has come.
	begun map[int64]beginning
}

type beginning struct {
	event client.Event
	row   int
}

// historyRows returns the rows of a history.
func historyRows(instance *client.Instance, events []client.Event, options statusOptions) []historyRow {
	h := &historian{instance: instance, options: options, begun: map[int64]beginning{}}
	for _, e := range events {
		h.add(e)
	}
	rows := make([]historyRow, 0, len(h.rows))
	for _, row := range h.rows {
		if row != nil {
			rows = append(rows, *row)
		}
	}
	return rows
}

func (h *historian) add(e client.Event) {
	row := &historyRow{EventType: e.Kind.String(), Timestamp: e.Time.UTC()}
	switch e.Kind {
	case history.TaskScheduled, history.TaskRewound, history.ChildScheduled, history.ChildRewound, history.TimerCreated, history.TimerRewound:
		h.begin(row, e)
	case history.TaskCompleted, history.TaskFailed, history.TimerFired, history.TimerCancelled:
		h.finish(row, e)
	case history.ExecutionCompleted, history.ExecutionFailed, history.ContinuedAsNew:
		h.end(row, e)
	default:
		h.note(row, e)
	}
	h.rows = append(h.rows, row)
}

// begin writes the row of an event that asks for something.
func (h *historian) begin(row *historyRow, e client.Event) {
	row.Name, row.Input = e.Name, h.input(e.Data)
	switch e.Kind {
	case history.TaskScheduled, history.TaskRewound:
		row.EventType = "TaskScheduled"
	case history.ChildScheduled, history.ChildRewound:
		row.EventType, row.InstanceID = "SubOrchestrationInstanceCreated", e.Instance
	default:
		row.EventType, row.FireAt = "TimerCreated", moment(e.Due)
	}
	h.begun[e.Task] = beginning{event: e, row: len(h.rows)}
}

// finish writes the row of the end of a task, which replaces the row of its beginning.
func (h *historian) finish(row *historyRow, e client.Event) {
	begun, known := h.begun[e.Task]
	if known {
		delete(h.begun, e.Task)
		h.rows[begun.row] = nil
		row.ScheduledTime = moment(begun.event.Time)
		row.FunctionName = begun.event.Name
		row.Input = h.input(begun.event.Data)
		row.FireAt = moment(begun.event.Due)
	}
	if begun.event.Kind == history.ChildScheduled || begun.event.Kind == history.ChildRewound {
		row.InstanceID = begun.event.Instance
		row.EventType = map[history.Kind]string{
			history.TaskCompleted: "SubOrchestrationInstanceCompleted", history.TaskFailed: "SubOrchestrationInstanceFailed",
		}[e.Kind]
	}
	row.Result = h.output(e.Data)
	row.explain(e.Failure)
}

// end writes the row of the end of a generation.
func (h *historian) end(row *historyRow, e client.Event) {
	switch e.Kind {
	case history.ExecutionCompleted:
		row.OrchestrationStatus = client.Completed.String()
		row.Result = h.output(h.instance.Output)
	case history.ExecutionFailed:
		row.EventType, row.OrchestrationStatus = history.ExecutionCompleted.String(), client.Failed.String()
		row.explain(h.instance.Failure)
	default:
		row.Result = h.output(e.Data)
		row.EventType, row.OrchestrationStatus = "ContinueAsNew", client.ContinuedAsNew.String()
	}
}

// note writes the row of any other event.
func (h *historian) note(row *historyRow, e client.Event) {
	switch e.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		row.EventType = history.ExecutionStarted.String()
		row.FunctionName, row.Input, row.Version = e.Name, h.input(h.instance.Input), e.Version
		row.ScheduledStartTime = moment(e.Due)
	case history.EventSent:
		row.Name, row.InstanceID, row.Input = e.Name, e.Instance, h.input(e.Data)
	case history.ChildTerminated:
		row.InstanceID, row.Reason = e.Instance, reason(e.Data)
	case history.VersionMarked:
		row.Name, row.Version = e.Name, e.Version
	case history.EventRaised:
		row.Name, row.Input = e.Name, h.input(e.Data)
	default:
		row.Name, row.Reason = e.Name, reason(e.Data)
	}
}

func (h *historian) input(data []byte) json.RawMessage {
	if !h.options.input {
		return nil
	}
	return rawjson.From(data)
}

func (h *historian) output(data []byte) json.RawMessage {
	if !h.options.historyOutput {
		return nil
	}
	return rawjson.From(data)
}

func (row *historyRow) explain(f *client.Failure) {
	if f != nil {
		row.Reason, row.Details = f.Message, f.Stack
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// reason returns the text of a JSON string; of any other JSON, the JSON.
func reason(data []byte) string {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return string(data)
	}
	return text
}
