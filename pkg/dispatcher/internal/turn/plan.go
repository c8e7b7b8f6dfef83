package turn

import (
	"slices"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// rewindPlan says how an execution is rewound. It follows from its history alone.
type rewindPlan struct {
	// bases are histories to go on from; the first is taken that the code agrees with. Each
	// is the history up to the final input, without failures that led to the end. The code
	// may have acted on some failures in ways that the history shows only later. So the
	// first base is without all failures behind which nothing was decided at once, the
	// second without those behind the last decision, and the third has them all.
	bases [][]record.Event
	// final is the input at which the execution ended.
	final record.Event
	// handsOver is set if the code is handed the final input again.
	handsOver bool
	// left are inputs that came in behind the end.
	left []record.Event
}

// planRewind returns the plan for a history that ends with its failure, or with a terminate.
func planRewind(events []record.Event) rewindPlan {
	whole, left := cutAtEnd(events)
	last := lastInput(whole)
	decided := lastDecision(whole[:last])
	p := rewindPlan{final: whole[last], left: left}
	p.handsOver = p.final.Kind != history.TaskFailed && p.final.Kind != history.ExecutionTerminated
	for _, isLeftOut := range []func(int) bool{
		func(i int) bool { return whole[i].Kind == history.TaskFailed && !whole[i+1].Kind.IsDecision() },
		func(i int) bool { return whole[i].Kind == history.TaskFailed && i > decided },
		func(int) bool { return false },
	} {
		var base []record.Event
		for i := range last {
			if !isLeftOut(i) {
				base = append(base, whole[i])
			}
		}
		p.bases = append(p.bases, base)
	}
	return p
}

// inputs returns the inputs to hand over to the code after it was rewound.
func (p rewindPlan) inputs() []record.Event {
	if !p.handsOver {
		return slices.Clone(p.left)
	}
	return append([]record.Event{p.final}, p.left...)
}

// cutAtEnd returns the history up to its failure, and the inputs that came in behind it.
// Behind a terminate nothing comes in.
func cutAtEnd(events []record.Event) (whole, left []record.Event) {
	end := len(events) - 1
	for end > 0 && events[end].Kind != history.ExecutionFailed {
		if events[end].Kind == history.ExecutionTerminated {
			return events, nil
		}
		end--
	}
	return events[: end+1 : end+1], events[end+1:]
}

// lastInput returns where the last input is, or 0.
func lastInput(events []record.Event) int {
	last := len(events) - 1
	for last > 0 && events[last].Kind.IsDecision() {
		last--
	}
	return last
}

// lastDecision returns where the last decision is, or 0.
func lastDecision(events []record.Event) int {
	last := len(events) - 1
	for last > 0 && !events[last].Kind.IsDecision() {
		last--
	}
	return last
}
