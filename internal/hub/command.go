package hub

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Command is one thing to be done once a turn is committed. Exactly one field is
// set. Commands can be sent again; see [Outbox] for what that may repeat.
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
	Call      record.Call
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
func Commands(instance, execution string, events []record.Event) []Command {
	var commands []Command
	cancelled := cancelledTimers(events)
	created := map[int64]bool{}
	for _, e := range events {
		switch e.Kind {
		case history.TaskScheduled, history.TaskRewound:
			commands = append(commands, Command{Run: runOf(instance, execution, e)})
		case history.TimerCreated, history.TimerRewound:
			created[e.Task] = true
			if !cancelled[e.Task] {
				commands = append(commands, Command{Set: &Timer{Instance: instance, Execution: execution, Task: e.Task, At: e.Due()}})
			}
		case history.TimerCancelled:
			if !created[e.Task] {
				commands = append(commands, Command{Cancel: &Timer{Instance: instance, Execution: execution, Task: e.Task}})
			}
		case history.ChildScheduled, history.ChildRewound, history.ChildTerminated, history.EventSent, history.ParentTold:
			commands = append(commands, Command{Tell: tellOf(instance, execution, e)})
		}
	}
	return commands
}

func runOf(instance, execution string, e record.Event) *Activity {
	return &Activity{Instance: instance, Execution: execution, Task: e.Task, Name: e.Name, Input: e.Data, Call: e.Call()}
}

// tellOf returns what is to be said to another instance.
func tellOf(instance, execution string, e record.Event) *Message {
	m := &Message{Instance: e.Instance(), Data: e.Data}
	switch e.Kind {
	case history.EventSent:
		m.Verb, m.Arg, m.ID = VerbRaise, e.Name, record.SentID(execution, e)
		return m
	case history.ParentTold:
		m.Verb, m.Execution, m.Arg = VerbCompleted, e.Name, record.TaskArg(e.Task)
		if e.Failure != nil {
			m.Verb, m.Data = VerbFailed, e.Failure.JSON()
		}
		return m
	case history.ChildTerminated:
		m.Verb = VerbTerminate
	case history.ChildScheduled, history.ChildRewound:
		m.Verb, m.Arg, m.Replaces = VerbStart, e.Name, AnyEnded
	}
	m.Execution = record.ChildExecution(execution, e.Task)
	m.Parent = &record.Parent{Instance: instance, Execution: execution, Task: e.Task}
	return m
}

func cancelledTimers(events []record.Event) map[int64]bool {
	var cancelled map[int64]bool
	for _, e := range events {
		if e.Kind == history.TimerCancelled {
			if cancelled == nil {
				cancelled = map[int64]bool{}
			}
			cancelled[e.Task] = true
		}
	}
	return cancelled
}

// CommandsOf returns what generations have wanted done.
func CommandsOf(instance string, closed []record.Closed) []Command {
	var commands []Command
	for _, c := range closed {
		commands = append(commands, Commands(instance, c.Execution, c.Events)...)
	}
	return commands
}
