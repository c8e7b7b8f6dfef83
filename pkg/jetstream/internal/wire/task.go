package wire

import "github.com/dormouse-dev/dormouse/internal/record"

// task names one task of one execution, in tokens: it tells a timer or an activity from
// all others.
type task struct{ instance, execution, number string }

func newTask(instance, execution string, number int64) (task, error) {
	i, err := EncodeToken("instance id", instance)
	if err != nil {
		return task{}, err
	}
	e, err := EncodeToken("execution id", execution)
	if err != nil {
		return task{}, err
	}
	return task{instance: i, execution: e, number: record.TaskArg(number)}, nil
}

// id is the same for the same task, different for others.
func (t task) id() string { return t.instance + "/" + t.execution + "/" + t.number }

// dotted is the task as the end of a subject.
func (t task) dotted() string { return t.instance + "." + t.execution + "." + t.number }
