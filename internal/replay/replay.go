package replay

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// ErrNonDeterminism is wrapped by [NonDeterminismError].
var ErrNonDeterminism = errors.New("non-determinism")

// NonDeterminismError says that an orchestrator's code, replayed, made another decision than
// when its history was written. The instance is left as it was; it goes on when the code is
// put right.
type NonDeterminismError struct {
	// Event is the place in the history, counted from 1.
	Event int
	// Recorded is the decision that history holds there, nil if it holds none.
	Recorded *record.Event
	// Asked is the decision that the code made, nil if it made none.
	Asked *record.Event
}

// Error names the place, and the two decisions.
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
func (o *Orchestrator) replay(events []record.Event) error {
	o.env.replaying.Store(true)
	o.env.versions = versionsIn(events)
	for i := 0; i < len(events); {
		asked, err := o.Handle(events[i])
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
	o.env.replaying.Store(false)
	return nil
}

// decisionsAt returns the run of decisions that begins at index i.
func decisionsAt(events []record.Event, i int) []record.Event {
	end := i
	for end < len(events) && events[end].Kind.IsDecision() {
		end++
	}
	return events[i:end]
}

// compare returns a *NonDeterminismError for the first difference. First is the
// place of the first recorded decision, counted from 1. Markers of versions are
// passed over: the code is free to ask for them elsewhere, or not at all.
func compare(first int, recorded, asked []record.Event) error {
	for {
		var skipped int
		recorded, skipped = skipMarkers(recorded)
		asked, _ = skipMarkers(asked)
		first += skipped
		if len(recorded) == 0 && len(asked) == 0 {
			return nil
		}
		err := &NonDeterminismError{Event: first}
		if len(recorded) > 0 {
			err.Recorded = &recorded[0]
		}
		if len(asked) > 0 {
			err.Asked = &asked[0]
		}
		if err.Recorded == nil || err.Asked == nil || !sameDecision(*err.Recorded, *err.Asked) {
			return err
		}
		recorded, asked, first = recorded[1:], asked[1:], first+1
	}
}

// skipMarkers returns the decisions after the leading markers, and the number of these.
func skipMarkers(decisions []record.Event) ([]record.Event, int) {
	n := 0
	for n < len(decisions) && decisions[n].Kind == history.VersionMarked {
		n++
	}
	return decisions[n:], n
}

func sameDecision(a, b record.Event) bool {
	if a.Kind != b.Kind || a.Task != b.Task || a.Name != b.Name {
		return false
	}
	return a.Instance() == b.Instance() || a.Kind != history.ChildScheduled && a.Kind != history.EventSent
}
