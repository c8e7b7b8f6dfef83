package turn

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// blocked returns an instance whose code is not there.
func blocked() *setup { return setUp(&fakeExecutor{refuse: errors.New("no such code")}) }

// told returns to whose executions answers go.
func told(s *setup) []string {
	var to []string
	for _, c := range s.out.Commands() {
		if c.Tell != nil && c.Tell.Verb == hub.VerbFailed {
			to = append(to, c.Tell.Execution)
		}
	}
	return to
}

// An instance that is blocked is ended past a start for a parent, who is told.
func TestSkippedStartIsAnswered(t *testing.T) {
	t.Parallel()
	s := blocked()
	parent := &record.Parent{Instance: "p", Execution: "px", Task: 3}
	s.advance([]hub.Delivery{
		start(), startOf(2, "y", func(m *hub.Message) { m.Parent = parent }), say(3, hub.VerbTerminate, ""),
	})
	require.Equal(t, history.Terminated, s.Record.Status)
	require.EqualValues(t, 3, s.Record.Watermark)
	require.Equal(t, []string{"px"}, told(s))
}

func TestSkippedRewindOfTheParentCounts(t *testing.T) {
	t.Parallel()
	s := blocked()
	s.Record.Parent = &record.Parent{Instance: "p", Execution: "px", Task: 3}
	first, again := start(), askAgain(1)
	first.Parent, again.Seq = s.Record.Parent, 2
	s.advance([]hub.Delivery{first, again, say(3, hub.VerbTerminate, "")})
	require.Equal(t, history.Terminated, s.Record.Status)
	require.Equal(t, []string{"px-r1"}, told(s))
}

// A preempted raise is answered; a message behind the end is left for the next turn.
func TestSkippedRaiseIsDiscarded(t *testing.T) {
	t.Parallel()
	s := blocked()
	raise := say(2, hub.VerbRaise, "E")
	raise.Receipt = "r"
	s.advance([]hub.Delivery{start(), raise, say(3, hub.VerbTerminate, ""), say(4, hub.VerbRaise, "F")})
	require.Equal(t, []Reply{{"r", history.Discarded}}, s.replies)
	require.Equal(t, 3, s.out.Taken)
}

// A start that takes the place of a blocked instance ends it, and begins in the next turn.
func TestBlockedInstanceMakesWay(t *testing.T) {
	t.Parallel()
	s := blocked()
	replace := startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })
	s.advance([]hub.Delivery{start(), replace})
	require.NoError(t, s.out.Err)
	require.Equal(t, history.Terminated, s.Record.Status)
	require.Equal(t, 1, s.out.Taken)
	require.EqualValues(t, 1, s.Record.Watermark)
	s.executor = &fakeExecutor{code: &code{handle: inert}}
	s.advance([]hub.Delivery{replace})
	require.Equal(t, "y", s.Record.Execution)
	require.Equal(t, history.Running, s.Record.Status)
}

// A start that cannot begin puts an end to nothing.
func TestStartThatCannotBeginDoesNotTakeAPlace(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: inert}})
	s.advance([]hub.Delivery{start()})
	next := blocked()
	next.load(&s.Record, s.Record.Log.Events)
	next.advance([]hub.Delivery{startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })})
	require.Error(t, next.out.Err)
	require.Zero(t, next.out.Taken)
	require.Equal(t, "x", next.Record.Execution)
	require.Equal(t, history.Running, next.Record.Status)
}

// A failed instance that cannot be rewound is in nobody's way: another parent's start,
// which may replace what has ended, is not held up behind the request for ever.
func TestRewindThatIsBlockedDoesNotHoldUpAnotherStart(t *testing.T) {
	t.Parallel()
	refuse := &picky{&fakeExecutor{code: &code{handle: inert}}, func(events []record.Event) error {
		if len(events) > 1 {
			return errors.New("it does not agree")
		}
		return nil
	}}
	s := failed(refuse, fanOut()...)
	next := startOf(12, "y", func(m *hub.Message) { m.Parent = &record.Parent{Instance: "q", Execution: "qx", Task: 1} })
	s.advance([]hub.Delivery{askRewind(), next})
	require.NoError(t, s.out.Err)
	require.Equal(t, 1, s.out.Taken)
	s.advance([]hub.Delivery{next})
	require.Equal(t, "y", s.Record.Execution)
}

// Where instances fail whose code does not agree with their history, a child that cannot
// be rewound for that is answered for: its parent does not wait for ever.
func TestFatalErrorOfARewindAnswersTheParent(t *testing.T) {
	t.Parallel()
	s := child(history.Failed, fanOut()...)
	s.executor = &picky{&fakeExecutor{code: &code{handle: inert}}, func([]record.Event) error { return errors.New("it does not agree") }}
	s.limits.IsFatal = func(error) bool { return true } // FailOnNonDeterminism
	s.advance([]hub.Delivery{askAgain(1)})
	require.NoError(t, s.out.Err)
	require.Equal(t, []string{"px-r1"}, told(s))
}

// A rewound parent is answered by an instance that cannot be rewound, where somebody
// else's start takes its place.
func TestBlockedRewindIsAnsweredWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	s := child(history.Failed, fanOut()...)
	s.executor = &picky{&fakeExecutor{code: &code{handle: inert}}, func([]record.Event) error { return errors.New("it does not agree") }}
	s.advance([]hub.Delivery{askAgain(1), startOf(12, "y", nil)})
	require.NoError(t, s.out.Err)
	require.Equal(t, []string{"px-r1"}, told(s))
}

// A held instance makes way for a start that is first in line.
func TestHeldInstanceMakesWay(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: inert}})
	s.advance([]hub.Delivery{start()})
	s.HeldBack = errors.New("it cannot be read")
	replace := startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })
	s.advance([]hub.Delivery{replace})
	require.Equal(t, Advanced, s.out.Kind)
	require.Zero(t, s.out.Taken)
	require.Equal(t, history.Terminated, s.Record.Status)
	s.advance([]hub.Delivery{replace})
	require.Equal(t, "y", s.Record.Execution)
	require.Equal(t, history.Running, s.Record.Status)
}

// The stored record still refers to its segments where nothing is stored in its place.
func TestHeldInstanceKeepsItsSegments(t *testing.T) {
	t.Parallel()
	v := &record.InstanceRecord{Name: "O", Execution: "x", Status: history.Completed, Watermark: 5, Segments: []record.Segment{{Key: "x.1.3"}}}
	i := LoadHeld("i", v, 7, nil, errors.New("a segment is missing"), true)
	o := Advance(i, Batch{Messages: []hub.Delivery{say(4, hub.VerbRaise, "E"), say(6, hub.VerbRaise, "E")}, Now: noon}, Limits{}, &fakeExecutor{})
	require.Equal(t, Unchanged, o.Kind)
	require.Equal(t, 2, o.Taken)
	require.Empty(t, o.Obsolete)
	require.Equal(t, v.Segments, o.Next.Record.Segments)
}
