package orchestration

import (
	"github.com/dormouse-dev/dormouse/internal/history"
)

// pending are the activities and timers that have not ended, by task number.
type pending struct {
	byID map[int64]*pendingTask
	// lowest is a task number below which none is pending, last the last given.
	lowest int64
	last   int64
}

// pendingTask is an activity at work or a timer that is set.
type pendingTask struct {
	wait history.Wait
	// hidden: shown as the deadline of a wait, not as a wait of its own.
	hidden bool
	end    func(history.Event)
}

// add numbers the task and keeps it.
func (p *pending) add(t *pendingTask) int64 {
	p.last++
	t.wait.Task = p.last
	p.byID[p.last] = t
	return p.last
}

func (p *pending) remove(id int64) { delete(p.byID, id) }

// end ends the task that the input is about; the input changes nothing if the
// task has ended or was cancelled before.
func (p *pending) end(input history.Event) {
	t, ok := p.byID[input.Task]
	if !ok {
		return
	}
	p.remove(input.Task)
	t.end(input)
}

// each visits the pending tasks in the order of their numbers until visit returns
// false.
func (p *pending) each(visit func(*pendingTask) bool) {
	for p.lowest <= p.last && p.byID[p.lowest] == nil {
		p.lowest++
	}
	for id := p.lowest; id <= p.last; id++ {
		if t := p.byID[id]; t != nil && !visit(t) {
			return
		}
	}
}
