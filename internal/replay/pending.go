package replay

import (
	"slices"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// pending are the calls and timers that have not ended, by task number.
type pending struct {
	byID map[int64]*pendingTask
	// order holds the numbers of the pending tasks, rising, and at most as many of
	// ended ones; last is the last number given.
	order []int64
	last  int64
}

// pendingTask is an activity or a child at work, or a timer that is set.
type pendingTask struct {
	wait history.Wait
	// hidden: shown as the deadline of a wait, not as a wait of its own.
	hidden bool
	end    func(record.Event)
}

// add numbers the task and keeps it.
func (p *pending) add(t *pendingTask) int64 {
	id := p.next()
	t.wait.Task = id
	p.byID[id] = t
	p.order = append(p.order, id)
	return id
}

// next returns a new number.
func (p *pending) next() int64 {
	p.last++
	return p.last
}

func (p *pending) remove(id int64) {
	delete(p.byID, id)
	for len(p.order) > 0 && p.byID[p.order[0]] == nil {
		p.order = p.order[1:]
	}
	if len(p.order) > 2*len(p.byID) {
		p.order = slices.DeleteFunc(p.order, func(id int64) bool { return p.byID[id] == nil })
	}
}

// end ends the task that the input is about; the input changes nothing if the
// task has ended or was cancelled before, or is of another kind.
func (p *pending) end(input record.Event) {
	t, ok := p.byID[input.Task]
	if !ok || (t.wait.Kind == history.WaitTimer) != (input.Kind == history.TimerFired) {
		return
	}
	p.remove(input.Task)
	t.end(input)
}

// each visits the pending tasks in the order of their numbers until visit returns
// false.
func (p *pending) each(visit func(*pendingTask) bool) {
	for _, id := range p.order {
		if t := p.byID[id]; t != nil && !visit(t) {
			return
		}
	}
}
