package turn

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// empty is an id that nothing is stored for.
func empty(c *code) *setup {
	s := setUp(&fakeExecutor{code: c})
	s.load(nil, nil)
	return s
}

// note makes code that remembers its inputs.
func note() (*code, *[]string) {
	var seen []string
	return &code{handle: func(e record.Event) ([]record.Event, error) {
		seen = append(seen, e.String())
		return nil, nil
	}}, &seen
}

func startOf(seq uint64, execution string, change func(*hub.Message)) hub.Delivery {
	m := say(seq, hub.VerbStart, "O")
	m.Execution, m.Replaces = execution, hub.AnyEnded
	if change != nil {
		change(&m.Message)
	}
	return m
}

func raiseKept(seq uint64, name, id string, until time.Time) hub.Delivery {
	m := say(seq, hub.VerbRaise, name)
	m.ID, m.KeepUntil, m.Receipt = id, until, "r"
	return m
}

func TestStartWithAnEventStartsAndRaises(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := empty(c)
	s.advance([]hub.Delivery{startOf(1, "x", func(m *hub.Message) { m.With = &hub.Raised{Name: "E", ID: "k"} })})
	require.Equal(t, []string{`ExecutionStarted "O"`, `EventRaised "E"`}, *seen)
	require.Equal(t, history.Running, s.Record.Status)

	// Of a live one it is an event, and the same id is the same event.
	s.advance([]hub.Delivery{
		startOf(2, "y", func(m *hub.Message) { m.With = &hub.Raised{Name: "E", ID: "k"} }),
		startOf(3, "z", func(m *hub.Message) { m.With = &hub.Raised{Name: "F", ID: "l"} }),
	})
	require.Equal(t, `EventRaised "F"`, (*seen)[len(*seen)-1])
	require.Len(t, *seen, 3)
	require.Equal(t, "x", s.Record.Execution)
}

// It lost its claim to an instance that has ended since: the event is not lost.
func TestStartWithAnEventReplacesWhatHasEnded(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := setUp(&fakeExecutor{code: c})
	s.Record.Status = history.Completed
	s.advance([]hub.Delivery{startOf(1, "y", func(m *hub.Message) {
		m.Replaces, m.With = 3, &hub.Raised{Name: "E"}
	})})
	require.Equal(t, []string{`ExecutionStarted "O"`, `EventRaised "E"`}, *seen)
	require.Equal(t, "y", s.Record.Execution)
}

// It lost its claim to one that has not started yet: the event follows that start.
func TestStartWithAnEventWaitsForTheStartThatWon(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := setUp(&fakeExecutor{code: c})
	m := start()
	m.Seq = 2
	s.advance([]hub.Delivery{
		startOf(1, "y", func(m *hub.Message) { m.With = &hub.Raised{Name: "E"} }), m,
	})
	require.Equal(t, []string{`ExecutionStarted "O"`, `EventRaised "E"`}, *seen)
	require.Equal(t, "x", s.Record.Execution)
}

func TestEventsAreKeptForAStart(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := empty(c)
	later := noon.Add(time.Hour)
	for _, m := range []hub.Delivery{
		raiseKept(1, "A", "a", later), raiseKept(2, "A", "a", later), raiseKept(3, "B", "", noon.Add(time.Minute)),
		raiseKept(4, "Gone", "", noon), raiseKept(5, "C", "", later),
	} {
		s.advance([]hub.Delivery{m})
	}
	var outcomes []history.Outcome
	for _, r := range s.replies {
		require.Equal(t, "r", r.To)
		outcomes = append(outcomes, r.Outcome)
	}
	require.Equal(t, []history.Outcome{history.Kept, history.Duplicate, history.Kept, history.Discarded, history.Kept}, outcomes)
	require.Equal(t, history.Expected, s.Record.Status)
	require.EqualValues(t, 5, s.Record.Watermark)

	s.now = noon.Add(10 * time.Minute)
	s.advance([]hub.Delivery{startOf(6, "x", nil)})
	require.Equal(t, []string{`ExecutionStarted "O"`, `EventRaised "A"`, `EventRaised "C"`}, *seen)
	require.Empty(t, s.Record.Kept)
	require.Equal(t, history.Running, s.Record.Status)
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	c, _ := note()
	s := empty(c)
	for seq := range uint64(record.MaxKept + 1) {
		s.advance([]hub.Delivery{raiseKept(seq+1, "A", "", noon.Add(time.Hour))})
	}
	require.Len(t, s.Record.Kept, record.MaxKept)
	require.Equal(t, history.Discarded, s.replies[record.MaxKept].Outcome)
	require.Contains(t, s.rejected[record.MaxKept+1], record.ErrKeptFull.Error())
}

func TestStartThatEndsALiveInstance(t *testing.T) {
	t.Parallel()
	c := &code{handle: func(e record.Event) ([]record.Event, error) {
		if e.Kind != history.ExecutionStarted {
			return nil, nil
		}
		return []record.Event{
			record.TimerCreated(1, noon.Add(time.Hour)).On(e.Time),
			record.ChildScheduled(2, "Part", "c", nil).On(e.Time),
		}, nil
	}}
	s := empty(c)
	s.advance([]hub.Delivery{startOf(1, "x", func(m *hub.Message) {
		m.Parent = &record.Parent{Instance: "p", Execution: "px", Task: 3}
	})})
	again := setUp(&fakeExecutor{code: c})
	again.load(&s.Record, s.Record.Log.Events)
	again.advance([]hub.Delivery{startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })})
	v := again.Record
	require.Equal(t, "y", v.Execution)
	require.Equal(t, history.Running, v.Status)
	require.Nil(t, v.Parent)

	// The commands that the old execution owes are sent with those of the new one.
	var told []string
	for _, command := range again.out.Commands() {
		switch {
		case command.Cancel != nil:
			told = append(told, "cancel "+command.Cancel.Execution)
		case command.Tell != nil:
			told = append(told, string(command.Tell.Verb)+" "+command.Tell.Instance)
		}
	}
	require.Equal(t, []string{"cancel x", "terminate c", "failed p", "start c"}, told)
	require.Equal(t, record.ParseExecutionID("y", 0).Next().String(), record.ParseExecutionID(v.Execution, 0).Next().String())
}

func TestStartForAParentIsAnsweredWhenTheIdIsTaken(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := empty(c)
	s.advance([]hub.Delivery{startOf(1, "x", nil)})
	parent := func(m *hub.Message) { m.Parent = &record.Parent{Instance: "p", Execution: "px", Task: 3} }
	s.advance([]hub.Delivery{startOf(2, "y", parent), say(3, hub.VerbRaise, "E")})
	require.Equal(t, 2, s.out.Taken)
	require.Len(t, s.Record.Closed, 1, "the value holds the answer until it is sent")
	m := s.out.Commands()[0].Tell
	require.Equal(t, hub.VerbFailed, m.Verb)
	require.Equal(t, "3", m.Arg)
	require.Equal(t, "px", m.Execution)
	var failure history.Failure
	require.NoError(t, json.Unmarshal(m.Data, &failure))
	require.Equal(t, "InstanceExists", failure.Type)

	// The very execution that is there is started already, in any generation.
	s = empty(c)
	s.advance([]hub.Delivery{startOf(1, "x", parent)})
	s.Record.Execution = record.ParseExecutionID("x", 0).Next().String()
	s.advance([]hub.Delivery{startOf(2, "x", parent)})
	require.Empty(t, s.Record.Closed)
	require.EqualValues(t, 2, s.Record.Watermark)
	require.Len(t, *seen, 3)
}

func TestDelayedStartIsPendingUntilItsTime(t *testing.T) {
	t.Parallel()
	at := noon.Add(time.Hour)
	c := &code{handle: func(e record.Event) ([]record.Event, error) {
		if e.Kind == history.ExecutionDelayed {
			return []record.Event{record.TimerCreated(1, e.Due()).On(e.Time)}, nil
		}
		return nil, nil
	}}
	s := empty(c)
	s.advance([]hub.Delivery{startOf(1, "x", func(m *hub.Message) { m.StartAt = at }), say(2, hub.VerbRaise, "E")})
	require.Equal(t, history.Pending, s.Record.Status)
	require.Equal(t, at, s.out.Commands()[0].Set.At)
	require.EqualValues(t, 2, s.Record.Watermark, "the event is taken in")
	s.advance([]hub.Delivery{say(3, hub.VerbFired, "1")})
	require.Equal(t, history.Running, s.Record.Status)
}

func TestReceiptsOfEvents(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: inert}})
	raise := func(seq uint64, id string) hub.Delivery {
		m := say(seq, hub.VerbRaise, "E")
		m.ID, m.Receipt = id, "r"
		return m
	}
	s.advance([]hub.Delivery{start(), raise(2, "k"), raise(3, "k"), say(4, hub.VerbRaise, "nobody asks")})
	require.Equal(t, []Reply{{"r", history.Buffered}, {"r", history.Duplicate}}, s.replies)
	s = empty(&code{handle: inert})
	s.advance([]hub.Delivery{raise(1, "")})
	require.Equal(t, []Reply{{"r", history.Discarded}}, s.replies)
	require.Equal(t, Unchanged, s.out.Kind)
	s.Latest = false
	s.advance([]hub.Delivery{raise(1, "")})
	require.Equal(t, Stale, s.out.Kind)
}

// The event that comes with a start and completes the instance was taken.
func TestStartWithAnEventThatCompletesTheInstance(t *testing.T) {
	t.Parallel()
	s := empty(&code{took: true, handle: func(e record.Event) ([]record.Event, error) {
		if e.Kind == history.EventRaised {
			return []record.Event{{Kind: history.ExecutionCompleted, Time: e.Time}}, nil
		}
		return nil, nil
	}})
	s.advance([]hub.Delivery{startOf(1, "x", func(m *hub.Message) { m.With, m.Receipt = &hub.Raised{Name: "E"}, "r" })})
	require.Equal(t, history.Completed, s.Record.Status)
	require.Equal(t, []Reply{{"r", history.Delivered}}, s.replies)
}

// Segments that hold what closed generations have decided are dropped when the value
// that names them is replaced by another execution's.
func TestClaimDropsTheClosedKeysOfWhatItReplaces(t *testing.T) {
	t.Parallel()
	for _, status := range []history.Status{history.Running, history.Completed} {
		s := setUp(&fakeExecutor{code: &code{handle: inert}})
		s.Record.Status, s.Record.ClosedKeys = status, []string{"x.closed.A"}
		s.history.started = true
		s.advance([]hub.Delivery{startOf(2, "y", func(m *hub.Message) { m.Replaces = hub.AnyAtAll })})
		require.Equal(t, "y", s.Record.Execution)
		require.Contains(t, append(s.out.Obsolete, s.Record.ClosedKeys...), "x.closed.A", "as commit would drop them")
	}
}
