package run

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// blocked returns a step whose code is not there.
func blocked() *step { return stepOf(&stageHand{refuse: errors.New("no such code")}) }

// told returns to whose executions answers go.
func told(s *step) []string {
	var to []string
	for _, c := range hub.ClosedCommands("i", s.value.LastTurn(s.fresh)) {
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
	require.Equal(t, history.Terminated, s.value.Status)
	require.EqualValues(t, 3, s.value.Watermark)
	require.Equal(t, []string{"px"}, told(s))
}

func TestSkippedRewindOfTheParentCounts(t *testing.T) {
	t.Parallel()
	s := blocked()
	s.value.Parent = &record.Parent{Instance: "p", Execution: "px", Task: 3}
	first, again := start(), askAgain(1)
	first.Parent, again.Seq = s.value.Parent, 2
	s.advance([]hub.Delivery{first, again, say(3, hub.VerbTerminate, "")})
	require.Equal(t, history.Terminated, s.value.Status)
	require.Equal(t, []string{"px-r1"}, told(s))
}

// Who skips a raise says so; what comes behind the end is left for the next turn.
func TestSkippedRaiseIsDiscarded(t *testing.T) {
	t.Parallel()
	s := blocked()
	raise := say(2, hub.VerbRaise, "E")
	raise.Receipt = "r"
	s.advance([]hub.Delivery{start(), raise, say(3, hub.VerbTerminate, ""), say(4, hub.VerbRaise, "F")})
	require.Equal(t, []receipt{{"r", history.Discarded}}, s.receipts)
	require.Equal(t, 3, s.taken)
}

// A start that takes the place of a blocked instance ends it, and begins in the next turn.
func TestBlockedInstanceMakesWay(t *testing.T) {
	t.Parallel()
	s := blocked()
	replace := startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })
	s.advance([]hub.Delivery{start(), replace})
	require.NoError(t, s.blocked)
	require.Equal(t, history.Terminated, s.value.Status)
	require.Equal(t, 1, s.taken)
	require.EqualValues(t, 1, s.value.Watermark)
	s.executor = &stageHand{code: &code{handle: inert}}
	s.nextTurn(replace)
	require.Equal(t, "y", s.value.Execution)
	require.Equal(t, history.Running, s.value.Status)
}

// A start that cannot begin puts an end to nothing.
func TestStartThatCannotBeginDoesNotTakeAPlace(t *testing.T) {
	t.Parallel()
	s := stepOf(&stageHand{code: &code{handle: inert}})
	s.advance([]hub.Delivery{start()})
	s.value.Log = record.NewLog(s.fresh...)
	v := s.value
	next := blocked()
	next.episode = newEpisode("i", &v, 8, v.Log.Events)
	next.advance([]hub.Delivery{startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })})
	require.Error(t, next.blocked)
	require.True(t, next.torn, "it is done again without the start")
}

// A failed instance that cannot be rewound is in nobody's way: another parent's start,
// which may replace what has ended, is not held up behind the request for ever.
func TestRewindThatIsBlockedDoesNotHoldUpAnotherStart(t *testing.T) {
	t.Parallel()
	refuse := &picky{&stageHand{code: &code{handle: inert}}, func(events []record.Event) error {
		if len(events) > 1 {
			return errors.New("it does not agree")
		}
		return nil
	}}
	s := failed(refuse, fanOut()...)
	next := startOf(12, "y", func(m *hub.Message) { m.Parent = &record.Parent{Instance: "q", Execution: "qx", Task: 1} })
	s.advance([]hub.Delivery{rewind(), next})
	require.NoError(t, s.blocked)
	require.Equal(t, 1, s.taken)
	s.nextTurn(next)
	require.Equal(t, "y", s.value.Execution)
}

// Where instances fail whose code does not agree with their history, a child that cannot
// be rewound for that is answered for: its parent does not wait for ever.
func TestFatalErrorOfARewindAnswersTheParent(t *testing.T) {
	t.Parallel()
	s := child(history.Failed, fanOut()...)
	s.executor = &picky{&stageHand{code: &code{handle: inert}}, func([]record.Event) error { return errors.New("it does not agree") }}
	s.isFatal = func(error) bool { return true } // FailOnNonDeterminism
	s.advance([]hub.Delivery{askAgain(1)})
	require.NoError(t, s.blocked)
	require.Equal(t, []string{"px-r1"}, told(s))
}

// A rewound parent is answered by an instance that cannot be rewound, where somebody
// else's start takes its place.
func TestBlockedRewindIsAnsweredWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	s := child(history.Failed, fanOut()...)
	s.executor = &picky{&stageHand{code: &code{handle: inert}}, func([]record.Event) error { return errors.New("it does not agree") }}
	s.advance([]hub.Delivery{askAgain(1), startOf(12, "y", nil)})
	require.NoError(t, s.blocked)
	require.Equal(t, []string{"px-r1"}, told(s))
}
