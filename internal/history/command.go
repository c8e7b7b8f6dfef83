package history

import "time"

// Command is one thing to be done once a turn is committed. Exactly one field is
// set. Doing a command twice has the effect of doing it once.
type Command struct {
	// Run an activity.
	Run *Activity
	// Set a durable timer.
	Set *Timer
	// Cancel a durable timer.
	Cancel *Timer
}

// Activity is one activity to run.
type Activity struct {
	Instance  string
	Execution string
	Task      int64
	Name      string
	Input     []byte
}

// Timer is a durable timer: at At the hub sends [VerbFired] to the instance.
type Timer struct {
	Instance  string
	Execution string
	Task      int64
	At        time.Time
}

// Commands returns what the decisions among events ask to have done, in order.
// It is a pure function of what a turn committed, so after a crash the same
// commands can be worked out again. A timer that was set and taken back in the
// same turn leaves no command.
func Commands(instance, execution string, events []Event) []Command {
	var commands []Command
	cancelled := cancelledTimers(events)
	created := map[int64]bool{}
	for _, e := range events {
		switch e.Kind {
		case TaskScheduled:
			commands = append(commands, Command{Run: &Activity{Instance: instance, Execution: execution, Task: e.Task, Name: e.Name, Input: e.Data}})
		case TimerCreated:
			created[e.Task] = true
			if !cancelled[e.Task] {
				commands = append(commands, Command{Set: &Timer{Instance: instance, Execution: execution, Task: e.Task, At: e.At}})
			}
		case TimerCancelled:
			if !created[e.Task] {
				commands = append(commands, Command{Cancel: &Timer{Instance: instance, Execution: execution, Task: e.Task}})
			}
		}
	}
	return commands
}

func cancelledTimers(events []Event) map[int64]bool {
	var cancelled map[int64]bool
	for _, e := range events {
		if e.Kind == TimerCancelled {
			if cancelled == nil {
				cancelled = map[int64]bool{}
			}
			cancelled[e.Task] = true
		}
	}
	return cancelled
}

// Commanding returns the decisions among events that lead to commands.
func Commanding(events []Event) []Event {
	var out []Event
	for _, e := range events {
		switch e.Kind {
		case TaskScheduled, TimerCreated, TimerCancelled:
			out = append(out, e)
		}
	}
	return out
}
