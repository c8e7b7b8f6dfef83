package record

import "github.com/dormouse-dev/dormouse/pkg/history"

// Commanding returns the decisions among events that lead to commands.
func Commanding(events []Event) []Event {
	var out []Event
	for _, e := range events {
		switch e.Kind {
		case history.TaskScheduled, history.TaskRewound, history.TimerCreated, history.TimerRewound, history.TimerCancelled,
			history.ChildScheduled, history.ChildRewound, history.ChildTerminated, history.EventSent, history.ParentTold:
			out = append(out, e)
		}
	}
	return out
}
