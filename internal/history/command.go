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
	// Tell another instance something, or this one.
	Tell *Message
}

// Activity is one activity to run.
type Activity struct {
	Instance  string
	Execution string
	Task      int64
	Name      string
	Input     []byte
	Call      Call
}

// FirstTask is the task of the first of several attempts.
func (a *Activity) FirstTask() int64 {
	if a.Call.First != 0 {
		return a.Call.First
	}
	return a.Task
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
		case TaskScheduled, TaskRewound:
			commands = append(commands, Command{Run: runOf(instance, execution, e)})
		case TimerCreated, TimerRewound:
			created[e.Task] = true
			if !cancelled[e.Task] {
				commands = append(commands, Command{Set: &Timer{Instance: instance, Execution: execution, Task: e.Task, At: e.At}})
			}
		case TimerCancelled:
			if !created[e.Task] {
				commands = append(commands, Command{Cancel: &Timer{Instance: instance, Execution: execution, Task: e.Task}})
			}
		case ChildScheduled, ChildRewound, ChildTerminated, EventSent, ParentTold:
			commands = append(commands, Command{Tell: tellOf(instance, execution, e)})
		}
	}
	return commands
}

func runOf(instance, execution string, e Event) *Activity {
	return &Activity{Instance: instance, Execution: execution, Task: e.Task, Name: e.Name, Input: e.Data, Call: ParseCall(e.ID)}
}

// tellOf returns what is to be said to another instance.
func tellOf(instance, execution string, e Event) *Message {
	m := &Message{Instance: e.ID, Data: e.Data}
	switch e.Kind {
	case EventSent:
		m.Verb, m.Arg, m.ID = VerbRaise, e.Name, SentID(execution, e)
		return m
	case ParentTold:
		m.Verb, m.Execution, m.Arg = VerbCompleted, e.Name, TaskArg(e.Task)
		if e.Failure != nil {
			m.Verb, m.Data = VerbFailed, e.Failure.JSON()
		}
		return m
	case ChildTerminated:
		m.Verb = VerbTerminate
	case ChildScheduled, ChildRewound:
		m.Verb, m.Arg, m.Replaces = VerbStart, e.Name, AnyEnded
	}
	m.Execution = ChildExecution(execution, e.Task)
	m.Parent = &Parent{Instance: instance, Execution: execution, Task: e.Task}
	return m
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

// ClosedCommands returns what generations have wanted done.
func ClosedCommands(instance string, closed []Closed) []Command {
	var commands []Command
	for _, c := range closed {
		commands = append(commands, Commands(instance, c.Execution, c.Events)...)
	}
	return commands
}
