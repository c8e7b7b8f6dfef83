package history

// Commanding returns the decisions among events that lead to commands.
func Commanding(events []Event) []Event {
	var out []Event
	for _, e := range events {
		switch e.Kind {
		case TaskScheduled, TaskRewound, TimerCreated, TimerRewound, TimerCancelled,
			ChildScheduled, ChildRewound, ChildTerminated, EventSent, ParentTold:
			out = append(out, e)
		}
	}
	return out
}
