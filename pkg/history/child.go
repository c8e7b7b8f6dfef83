package history

import "time"

// Parent is the task of another instance: the task whose result an instance is.
type Parent struct {
	// Instance is the id of the parent, Execution the run of it that asked for the child.
	Instance  string
	Execution string
	Task      int64
}

// Child is a sub-orchestration as its parent's history tells of it.
type Child struct {
	// ID of the child's instance.
	ID string
	// Name of its orchestrator.
	Name string
	// Task is the parent's task that the child's output is the result of.
	Task int64
	// Status is [Running] until the parent has been told of the child's end. It is
	// [Terminated] from the time when the parent asked for that.
	Status Status
	// Since is when the parent asked for the child.
	Since time.Time
}

// Children returns the sub-orchestrations of a history, in the order in which the code
// asked for them.
func Children(events []Event) []Child {
	var children []Child
	at := map[int64]int{}
	set := func(task int64, status Status) {
		if i, isChild := at[task]; isChild {
			children[i].Status = status
		}
	}
	for _, e := range events {
		switch e.Kind {
		case ChildScheduled:
			at[e.Task] = len(children)
			children = append(children, Child{ID: e.Instance, Name: e.Name, Task: e.Task, Status: Running, Since: e.Time})
		case ChildRewound:
			set(e.Task, Running)
		case TaskCompleted:
			set(e.Task, Completed)
		case TaskFailed:
			set(e.Task, Failed)
		case ChildTerminated:
			set(e.Task, Terminated)
		}
	}
	return children
}
