package turn

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// stuckAt does not come back from its nth input.
func stuckAt(n int, decide ...record.Event) *code {
	c := &code{carry: func() []record.Event { return nil }}
	c.handle = func(e record.Event) ([]record.Event, error) {
		if n--; n < 0 {
			return nil, errors.New("stuck")
		}
		var decisions []record.Event
		for _, d := range decide {
			d.Time = e.Time
			decisions = append(decisions, d)
		}
		return decisions, nil
	}
	return c
}

func TestCodeThatBreaksOffLeavesWhatCameBefore(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: stuckAt(3)})
	s.Record.Waits = []history.Wait{{Kind: history.WaitEvent, Name: "Before"}}
	s.advance(startAndEvents(5))
	require.EqualError(t, s.out.Err, "stuck")
	require.Equal(t, 3, s.out.Taken)
	require.True(t, s.out.Changed)
	require.Len(t, s.out.Events, 3)
	require.Equal(t, "stuck", s.Record.Blocked)
	require.Equal(t, "Before", s.Record.Waits[0].Name, "what it showed last")
	require.Nil(t, s.Code)
}

func TestCodeThatBreaksOffInANewGenerationUndoesTheMessage(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: stuckAt(1, record.Event{Kind: history.ContinuedAsNew})})
	s.advance(startAndEvents(5))
	require.EqualError(t, s.out.Err, "stuck")
	require.Zero(t, s.out.Taken)
	require.Empty(t, s.out.Events)
	require.Equal(t, "x", s.Record.Execution)
	require.Zero(t, s.Record.Generation)
}

// A message that is known changes the watermark alone: the code is not asked, so
// what it waits for is what it waited for.
func TestKnownMessagesLeaveWhatIsShown(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: inert}})
	m := say(2, hub.VerbRaise, "E")
	m.ID = "k"
	s.advance([]hub.Delivery{start(), m})
	cold := setUp(&fakeExecutor{})
	cold.load(&s.Record, s.out.Events)
	m.Seq = 3
	cold.advance([]hub.Delivery{m})
	require.True(t, cold.out.Changed)
	require.Equal(t, s.Record.Waits, cold.Record.Waits)
	require.NotEmpty(t, cold.Record.Waits)
}

func TestOverflowTakesTimersBack(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: stuckAt(1, record.Event{Kind: history.TimerCreated, Task: 1})})
	s.advance([]hub.Delivery{start()})
	failed := s.out.Overflow(2, Limits{Payload: 1 << 18, Record: 1})
	require.Equal(t, history.Failed, failed.Next.Record.Status)
	commands := failed.Commands()
	require.Len(t, commands, 1)
	require.EqualValues(t, 1, commands[0].Cancel.Task)
}

func TestLongReasonsOfABlockAreCut(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{refuse: errors.New(string(make([]byte, 10*mostBlocked)))})
	s.advance([]hub.Delivery{start()})
	require.Len(t, s.Record.Blocked, mostBlocked)
	require.True(t, s.out.Changed)
	again := setUp(&fakeExecutor{refuse: s.out.Err})
	again.Record.Blocked = s.Record.Blocked
	again.advance([]hub.Delivery{start()})
	require.False(t, again.out.Changed, "it is no news")
}

// The cache holds the instance that a turn begins with: if the commit fails, or the worker
// loses the partition, nothing of the turn may have happened to it.
func TestAdvanceLeavesTheInstanceAsItWas(t *testing.T) {
	t.Parallel()
	c, _ := note()
	s := failed(&fakeExecutor{code: c}, fanOut()...)
	raised := say(13, hub.VerbRaise, "E")
	raised.ID = "k"
	end := say(14, hub.VerbTerminate, "")
	for name, messages := range map[string][]hub.Delivery{
		"rewind":    {askRewind()},
		"replace":   {startOf(12, "y", nil)},
		"keep":      {raiseKept(12, "A", "a", noon.Add(time.Hour))},
		"terminate": {end},
	} {
		before, open, ids := s.Record, s.history.allOpen(), len(s.history.ids)
		o := Advance(&s.Instance, Batch{Messages: messages, Now: noon}, s.limits, s.executor)
		o.Next.Close()
		require.Equal(t, before, s.Record, name)
		require.Equal(t, open, s.history.allOpen(), name)
		require.Len(t, s.history.ids, ids, name)
	}
	s.advance([]hub.Delivery{askRewind()})
	before, open := s.Record, s.history.allOpen()
	require.NotEmpty(t, open)
	for _, messages := range [][]hub.Delivery{{say(12, hub.VerbSuspend, ""), raised, end}, {say(12, hub.VerbResume, ""), raised}} {
		Advance(&s.Instance, Batch{Messages: messages, Now: noon}, s.limits, s.executor)
		require.Equal(t, before, s.Record)
		require.Equal(t, open, s.history.allOpen())
		require.False(t, s.history.knows("E", "k"))
		require.False(t, s.history.suspended)
	}
}
