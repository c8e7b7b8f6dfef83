package turn

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// failed returns an instance that has failed with that history.
func failed(h Executor, events ...record.Event) *setup {
	v := &record.InstanceRecord{
		Name: "O", Execution: "x", Status: history.Failed, Failure: &history.Failure{Type: "E", Message: "no"},
		Watermark: 10, Segments: []record.Segment{{Key: "old", Events: 0}}, Log: record.NewLog(events...), Turn: 2,
	}
	s := setUp(&fakeExecutor{})
	s.executor = h
	s.load(v, events)
	return s
}

func askRewind() hub.Delivery { return say(11, hub.VerbRewind, "") }

// fanOut has called two activities, a child and set a timer; the first activity
// failed, then the second succeeded, then the child failed and with it the instance.
func fanOut() []record.Event {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	return []record.Event{
		record.Started("O", "2").By(record.OldestWait).On(at(0)),
		{Kind: history.TaskScheduled, Time: at(0), Task: 1, Name: "A", Data: []byte("1")},
		{Kind: history.TaskScheduled, Time: at(0), Task: 2, Name: "B", Data: []byte("2")},
		record.ChildScheduled(3, "Part", "c", nil).On(at(0)),
		record.TimerCreated(4, at(900)).On(at(0)),
		{Kind: history.TaskFailed, Time: at(1), Task: 1, Failure: &history.Failure{Type: "E"}},
		{Kind: history.TaskCompleted, Time: at(2), Task: 2, Data: []byte("2")},
		{Kind: history.TaskFailed, Time: at(3), Task: 3, Failure: &history.Failure{Type: "E"}},
		{Kind: history.TimerCancelled, Time: at(3), Task: 4},
		{Kind: history.ExecutionFailed, Time: at(3)},
	}
}

func commandsOf(s *setup) []string {
	var all []string
	for _, c := range s.out.Commands() {
		switch {
		case c.Run != nil:
			all = append(all, fmt.Sprintf("run %s #%d for %s", c.Run.Name, c.Run.Task, c.Run.Execution))
		case c.Set != nil:
			all = append(all, fmt.Sprintf("set #%d", c.Set.Task))
		case c.Tell != nil:
			all = append(all, fmt.Sprintf("%s %s", c.Tell.Verb, c.Tell.Instance))
		}
	}
	return all
}

func TestRewindAsksAgainForWhatFailed(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := failed(&fakeExecutor{code: c}, fanOut()...)
	s.advance([]hub.Delivery{askRewind()})
	require.NoError(t, s.out.Err)
	require.Equal(t, history.Running, s.Record.Status)
	require.Nil(t, s.Record.Failure)
	require.Equal(t, []string{"run A #1 for x-r1", "start c", "set #4"}, commandsOf(s))
	require.Equal(t, 4, s.Record.Turn, "only what is new is to be done again after a crash")
	require.Equal(t, []string{"old"}, s.out.Obsolete)
	require.Equal(t, []string{"ExecutionRewound", `TaskRewound #1 "A"`, `ChildRewound #3 "Part" to instance "c"`, "TimerRewound #4"}, *seen)
	for _, e := range s.out.Events {
		require.NotEqual(t, history.TaskFailed, e.Kind)
		require.NotEqual(t, history.ExecutionFailed, e.Kind)
	}
	require.Equal(t, "2", s.history.version)
}

// picky takes up only histories of a certain length.
type picky struct {
	*fakeExecutor
	takes func([]record.Event) error
}

func (p *picky) Begin(info replay.Execution, events []record.Event) (Orchestrator, error) {
	if err := p.takes(events); err != nil {
		return nil, err
	}
	return p.fakeExecutor.Begin(info, events)
}

// The code has acted on the first failure: it does not replay without it.
func TestRewindKeepsFailuresThatTheCodeHasHandled(t *testing.T) {
	t.Parallel()
	c, _ := note()
	h := &picky{&fakeExecutor{code: c}, func(events []record.Event) error {
		for _, e := range events {
			if e.Kind == history.TaskFailed && e.Task == 1 {
				return nil
			}
		}
		return errors.New("it does not agree")
	}}
	s := failed(h, fanOut()...)
	s.advance([]hub.Delivery{askRewind()})
	require.NoError(t, s.out.Err)
	require.Equal(t, []string{"start c", "set #4"}, commandsOf(s))

	h.takes = func([]record.Event) error { return errors.New("it does not agree") }
	s = failed(h, fanOut()...)
	s.advance([]hub.Delivery{askRewind()})
	require.ErrorContains(t, s.out.Err, "cannot be rewound")
	require.Equal(t, history.Failed, s.Record.Status)
	require.Contains(t, s.Record.Blocked, "it does not agree")
	require.Empty(t, s.out.Events)
	require.Zero(t, s.out.Taken)
}

// An instance that failed at an event, because of its code, is handed it again.
func TestRewindHandsOverAgainWhatItFailedAt(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := failed(&fakeExecutor{code: c},
		record.Event{Kind: history.ExecutionStarted, Time: noon, Name: "O"},
		record.Raised("E", "k", nil).On(noon),
		record.Event{Kind: history.ExecutionFailed, Time: noon},
	)
	s.advance([]hub.Delivery{askRewind()})
	require.Equal(t, []string{"ExecutionRewound", `EventRaised "E"`}, *seen)
	require.Equal(t, history.Running, s.Record.Status)
	require.Len(t, s.out.Events, 3)
}

// The failure came first, and was looked at only when a result had come too: that
// result is kept, and not asked for again.
func TestRewindKeepsTheResultItFailedAt(t *testing.T) {
	t.Parallel()
	events := fanOut()
	events = append(events[:7:7], events[9])
	c, seen := note()
	s := failed(&fakeExecutor{code: c}, events...)
	s.advance([]hub.Delivery{askRewind()})
	require.Equal(t, []string{"run A #1 for x-r1", "start c", "set #4"}, commandsOf(s))
	require.Equal(t, "TaskCompleted #2", (*seen)[len(*seen)-1])
}

// An input that was not handed over when the code failed is there when it tries again.
func TestRewindHandsOverWhatWasLeft(t *testing.T) {
	t.Parallel()
	works := false
	var seen []string
	c := &code{handle: func(e record.Event) ([]record.Event, error) {
		seen = append(seen, e.String())
		if !works {
			return []record.Event{{Kind: history.ExecutionFailed, Time: e.Time, Failure: &history.Failure{Type: "E"}}}, nil
		}
		return nil, nil
	}}
	s := empty(c)
	kept := say(1, hub.VerbRaise, "Early")
	kept.ID, kept.KeepUntil = "k1", noon.Add(time.Hour)
	with := startOf(2, "x", func(m *hub.Message) { m.With = &hub.Raised{Name: "With", ID: "k2"} })
	s.advance([]hub.Delivery{kept})
	s.advance([]hub.Delivery{with})
	require.Equal(t, history.Failed, s.Record.Status)
	require.Equal(t, []string{`ExecutionStarted "O"`}, seen)

	works, seen = true, nil
	late := say(3, hub.VerbRaise, "Late")
	late.ID, late.KeepUntil = "k3", noon.Add(time.Hour)
	known := late
	known.Seq, known.Arg, known.ID = 4, "EARLY", "k1"
	s.reload()
	s.advance([]hub.Delivery{late})
	s.advance([]hub.Delivery{known})
	s.advance([]hub.Delivery{say(5, hub.VerbRewind, "")})
	require.NoError(t, s.out.Err)
	require.Equal(t, []string{"ExecutionRewound", `ExecutionStarted "O"`, `EventRaised "Early"`, `EventRaised "With"`, `EventRaised "Late"`}, seen)
	require.Empty(t, s.Record.Kept)
}
