package orchestration

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// ErrNonDeterminism is wrapped by [NonDeterminismError].
var ErrNonDeterminism = errors.New("non-determinism")

// NonDeterminismError says that an orchestrator's code, replayed, asked for
// something else than it did when history was written. The instance is left as
// it was; it goes on when the code is put right.
type NonDeterminismError struct {
	// Event is the place in the history, counted from 1.
	Event int
	// Recorded is what history holds there, nil if it holds no decision there.
	Recorded *history.Event
	// Asked is what the code asked for, nil if it asked for nothing.
	Asked *history.Event
}

// Error names the event, what history says and what the code asked for.
func (e *NonDeterminismError) Error() string {
	recorded, asked := "no decision", "nothing more"
	if e.Recorded != nil {
		recorded = e.Recorded.String()
	}
	if e.Asked != nil {
		asked = e.Asked.String()
		if e.Asked.Failure != nil {
			asked += fmt.Sprintf(" (%s)", e.Asked.Failure.Message)
		}
	}
	return fmt.Sprintf("%v at history event %d: history says %s, the code asked for %s", ErrNonDeterminism, e.Event, recorded, asked)
}

// Unwrap returns [ErrNonDeterminism].
func (e *NonDeterminismError) Unwrap() error { return ErrNonDeterminism }

// replay hands the orchestrator the inputs of its history and compares the
// decisions its code makes with those recorded.
func (x *Execution) replay(events []history.Event) error {
	x.replaying = true
	for i := 0; i < len(events); {
		asked, err := x.Handle(events[i])
		if err != nil {
			return err
		}
		i++
		recorded := decisionsAt(events, i)
		if err := compare(i+1, recorded, asked); err != nil {
			return err
		}
		i += len(recorded)
	}
	x.replaying = false
	return nil
}

// decisionsAt returns the run of decisions that begins at index i.
func decisionsAt(events []history.Event, i int) []history.Event {
	end := i
	for end < len(events) && events[end].Kind.IsDecision() {
		end++
	}
	return events[i:end]
}

// compare returns a *NonDeterminismError for the first difference. First is the
// place of the first recorded decision, counted from 1.
func compare(first int, recorded, asked []history.Event) error {
	for i := range max(len(recorded), len(asked)) {
		err := &NonDeterminismError{Event: first + i}
		if i < len(recorded) {
			err.Recorded = &recorded[i]
		}
		if i < len(asked) {
			err.Asked = &asked[i]
		}
		if err.Recorded == nil || err.Asked == nil || !sameDecision(*err.Recorded, *err.Asked) {
			return err
		}
	}
	return nil
}

func sameDecision(a, b history.Event) bool {
	return a.Kind == b.Kind && a.Task == b.Task && a.Name == b.Name
}
