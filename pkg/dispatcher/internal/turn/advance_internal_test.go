package turn

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// code is an orchestrator written as a function from an input to decisions; carry
// is what a generation that ends has not used up.
type code struct {
	handle func(record.Event) ([]record.Event, error)
	carry  func() []record.Event
	took   bool
}

func (c *code) Handle(e record.Event) ([]record.Event, error) { return c.handle(e) }
func (c *code) Close()                                        {}
func (c *code) Awaits(int64) bool                             { return true }
func (c *code) Took() bool                                    { return c.took }
func (c *code) View() replay.View {
	v := replay.View{Waits: []history.Wait{{Kind: history.WaitEvent, Name: "Next"}}}
	if c.carry != nil {
		v.Unconsumed = c.carry()
	}
	return v
}

// fakeExecutor begins the same code for every generation.
type fakeExecutor struct {
	code   *code
	refuse error
}

func (h *fakeExecutor) Begin(replay.Execution, []record.Event) (Orchestrator, error) {
	if h.refuse != nil {
		return nil, h.refuse
	}
	return h.code, nil
}
func (*fakeExecutor) Activities() []string { return nil }
func (*fakeExecutor) Newest(string) string { return "" }
func (*fakeExecutor) Perform(context.Context, replay.ActivityRun) ([]byte, *history.Failure) {
	return nil, nil
}

// inert waits for ever.
func inert(record.Event) ([]record.Event, error) { return nil, nil }

func say(seq uint64, verb hub.Verb, arg string) hub.Delivery {
	return hub.Delivery{Message: hub.Message{Instance: "i", Verb: verb, Arg: arg}, Seq: seq}
}

func start() hub.Delivery {
	m := say(1, hub.VerbStart, "O")
	m.Execution = "x"
	return m
}

func startAndEvents(n int) []hub.Delivery {
	messages := []hub.Delivery{start()}
	for i := range n {
		messages = append(messages, say(uint64(i+2), hub.VerbRaise, strconv.Itoa(i)))
	}
	return messages
}

func TestStepTakesABoundedNumberOfMessages(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: inert}})
	s.advance(startAndEvents(mostMessages + 5))
	require.Equal(t, mostMessages, s.out.Taken)
	require.EqualValues(t, mostMessages, s.Record.Watermark)

	s = setUp(&fakeExecutor{code: &code{handle: inert}})
	messages := startAndEvents(3)
	messages[1].Data = make([]byte, 2*mostBytes)
	s.advance(messages)
	require.Equal(t, 1, s.out.Taken)
	s.advance(messages[1:])
	require.Equal(t, 1, s.out.Taken, "one message is taken whatever its size")
}

// A terminate ends an instance that cannot go on, however much is in line before it.
func TestStepFindsATerminateBeyondWhatATurnTakes(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{refuse: errors.New("no such code")})
	messages := startAndEvents(2 * mostMessages)
	last := messages[len(messages)-1].Seq + 1
	s.advance(append(messages, say(last, hub.VerbTerminate, "")))
	require.NoError(t, s.out.Err)
	require.Equal(t, history.Terminated, s.Record.Status)
	require.Equal(t, last, s.Record.Watermark)
	require.Equal(t, len(messages)+1, s.out.Taken)
}

func TestStepEndsAClaimThatWasNeverStarted(t *testing.T) {
	t.Parallel()
	for execution, status := range map[string]history.Status{"x": history.Terminated, "": history.Pending, "y": history.Pending} {
		s := setUp(&fakeExecutor{code: &code{handle: inert}})
		m := say(3, hub.VerbTerminate, "")
		m.Execution = execution
		s.Latest = false
		s.advance([]hub.Delivery{m})
		require.Equal(t, status, s.Record.Status, "execution %q", execution)
		require.Equal(t, status == history.Pending, s.out.Kind == Stale)
	}
}

func TestTerminateOfAnExecutionMeansAllItsGenerations(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: inert}})
	s.advance([]hub.Delivery{start()})
	s.Record.Execution = record.ParseExecutionID("x", 0).Next().String()
	m := say(2, hub.VerbTerminate, "")
	m.Execution = "x"
	s.advance([]hub.Delivery{m})
	require.Equal(t, history.Terminated, s.Record.Status)
}

// continuing continues as new at every input, and carries over what it is told to.
func continuing(carry func() []record.Event) *code {
	return &code{carry: carry, handle: func(e record.Event) ([]record.Event, error) {
		return []record.Event{{Kind: history.ContinuedAsNew, Time: e.Time}}, nil
	}}
}

func TestGenerationsThatUseNothingUpEnd(t *testing.T) {
	t.Parallel()
	event := record.Event{Kind: history.EventRaised, Name: "E", Time: noon}
	for name, carry := range map[string]func() []record.Event{
		"nothing is there":                  func() []record.Event { return nil },
		"an event is there and never taken": func() []record.Event { return []record.Event{event} },
	} {
		s := setUp(&fakeExecutor{code: continuing(carry)})
		s.advance([]hub.Delivery{start()})
		require.Equal(t, history.Failed, s.Record.Status, name)
		require.Equal(t, "ContinueAsNewLoop", s.Record.Failure.Type, name)
	}
}

func TestGenerationsThatUseEventsUpGoOn(t *testing.T) {
	t.Parallel()
	begun, left := false, 3*mostIdleGenerations
	c := &code{}
	c.carry = func() []record.Event {
		if begun {
			return nil
		}
		begun = true
		return make([]record.Event, left)
	}
	c.handle = func(e record.Event) ([]record.Event, error) {
		switch {
		case e.Kind == history.ExecutionStarted && begun:
			return nil, nil
		case begun:
			left--
		}
		if left == 0 {
			return []record.Event{{Kind: history.ExecutionCompleted, Time: e.Time}}, nil
		}
		return []record.Event{{Kind: history.ContinuedAsNew, Time: e.Time}}, nil
	}
	s := setUp(&fakeExecutor{code: c})
	s.advance([]hub.Delivery{start()})
	require.Equal(t, history.Completed, s.Record.Status)
}

// One generation an event, 256 events a turn, for as many turns as it likes: none
// of them goes round in circles.
func TestIdleGenerationsAreCountedAnewForEveryMessage(t *testing.T) {
	t.Parallel()
	fresh := true
	c := &code{}
	c.carry = func() []record.Event { return nil }
	c.handle = func(e record.Event) ([]record.Event, error) {
		fresh = !fresh
		if fresh || e.Kind == history.ExecutionStarted {
			return nil, nil
		}
		return []record.Event{{Kind: history.ContinuedAsNew, Time: e.Time}}, nil
	}
	s := setUp(&fakeExecutor{code: c})
	for messages := startAndEvents(2*mostIdleGenerations + 20); len(messages) > 0; messages = messages[s.out.Taken:] {
		s.advance(messages)
		require.Equal(t, history.Running, s.Record.Status)
	}
	require.Greater(t, s.Record.Generation, int64(mostIdleGenerations))
}

// An instance that ends in the middle of a batch keeps what comes after for a turn
// of its own, which may only then drop it.
func TestStepStopsWhereTheInstanceEnds(t *testing.T) {
	t.Parallel()
	s := setUp(&fakeExecutor{code: &code{handle: func(e record.Event) ([]record.Event, error) {
		if e.Kind == history.EventRaised {
			return []record.Event{{Kind: history.ExecutionCompleted, Time: e.Time}}, nil
		}
		return nil, nil
	}}})
	s.advance(startAndEvents(5))
	require.Equal(t, history.Completed, s.Record.Status)
	require.Equal(t, 2, s.out.Taken)
	require.Equal(t, Advanced, s.out.Kind)
}
