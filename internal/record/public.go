package record

import "github.com/dormouse-dev/dormouse/pkg/history"

// Public returns the events as users see them. It is the only place that says which field
// of a stored event means what for which kind.
func Public(events []Event) []history.Event {
	all := make([]history.Event, len(events))
	for i, e := range events {
		all[i] = e.Public()
	}
	return all
}

// Public returns the event as users see it.
func (e Event) Public() history.Event {
	p := history.Event{
		Kind: e.Kind, Time: e.Time, Task: e.Task, Name: e.Name,
		Data: e.Data, Due: e.at, Failure: e.Failure,
	}
	switch e.Kind {
	case history.ExecutionStarted, history.ExecutionDelayed:
		p.Task, p.Version = 0, e.Version() // the stored task is the number of the rules
	case history.TaskScheduled, history.TaskRewound:
		call := e.Call()
		p.FirstTask, p.Attempt, p.Timeout = call.First, call.Attempt, call.Timeout
	case history.ChildScheduled, history.ChildRewound, history.ChildTerminated, history.EventSent:
		p.Instance = e.Instance()
	case history.VersionMarked:
		p.Task, p.Version = 0, TaskArg(int64(e.ChangeVersion()))
	default:
		p.ID = e.EventID()
	}
	return p
}
