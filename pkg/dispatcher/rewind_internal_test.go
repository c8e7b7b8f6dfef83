package dispatcher

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// failed returns a step of an instance that has failed with that history.
func failed(h Executor, events ...history.Event) *step {
	v := &history.Value{
		Name: "O", Execution: "x", Status: history.Failed, Failure: &history.Failure{Type: "E", Message: "no"},
		Watermark: 10, Segments: []history.Segment{{Key: "old", Events: 0}}, Log: history.NewLog(events...), Turn: 2,
	}
	s := stepOf(&stageHand{})
	s.executor = h
	s.episode = newEpisode("i", v, 7, events)
	return s
}

func rewind() history.Delivery { return say(11, history.VerbRewind, "") }

// fanOut has called two activities, a child and set a timer; the first activity
// failed, then the second succeeded, then the child failed and with it the instance.
func fanOut() []history.Event {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	return []history.Event{
		{Kind: history.ExecutionStarted, Time: at(0), Name: "O", ID: "2"},
		{Kind: history.TaskScheduled, Time: at(0), Task: 1, Name: "A", Data: []byte("1")},
		{Kind: history.TaskScheduled, Time: at(0), Task: 2, Name: "B", Data: []byte("2")},
		{Kind: history.ChildScheduled, Time: at(0), Task: 3, Name: "Part", ID: "c"},
		{Kind: history.TimerCreated, Time: at(0), Task: 4, At: at(900)},
		{Kind: history.TaskFailed, Time: at(1), Task: 1, Failure: &history.Failure{Type: "E"}},
		{Kind: history.TaskCompleted, Time: at(2), Task: 2, Data: []byte("2")},
		{Kind: history.TaskFailed, Time: at(3), Task: 3, Failure: &history.Failure{Type: "E"}},
		{Kind: history.TimerCancelled, Time: at(3), Task: 4},
		{Kind: history.ExecutionFailed, Time: at(3)},
	}
}

func commandsOf(s *step) []string {
	s.value.Log = history.NewLog(s.fresh...)
	var all []string
	for _, c := range s.value.Commands("i", s.fresh) {
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
	s := failed(&stageHand{code: c}, fanOut()...)
	s.advance([]history.Delivery{rewind()})
	require.NoError(t, s.blocked)
	require.Equal(t, history.Running, s.value.Status)
	require.Nil(t, s.value.Failure)
	require.Equal(t, []string{"run A #1 for x-r1", "rewind c", "set #4"}, commandsOf(s))
	require.Equal(t, 4, s.value.Turn, "only what is new is to be done again after a crash")
	require.Equal(t, []string{"old"}, s.obsolete)
	require.Equal(t, []string{"ExecutionRewound", `TaskRewound #1 "A"`, `ChildRewound #3 "Part" to instance "c"`, "TimerRewound #4"}, *seen)
	for _, e := range s.fresh {
		require.NotEqual(t, history.TaskFailed, e.Kind)
		require.NotEqual(t, history.ExecutionFailed, e.Kind)
	}
	require.Equal(t, "2", s.book.version)
}

// picky takes up only histories of a certain length.
type picky struct {
	*stageHand
	takes func([]history.Event) error
}

func (p *picky) Begin(info history.Execution, events []history.Event) (Orchestrator, error) {
	if err := p.takes(events); err != nil {
		return nil, err
	}
	return p.stageHand.Begin(info, events)
}

// The code has acted on the first failure: it does not replay without it.
func TestRewindKeepsFailuresThatTheCodeHasHandled(t *testing.T) {
	t.Parallel()
	c, _ := note()
	h := &picky{&stageHand{code: c}, func(events []history.Event) error {
		for _, e := range events {
			if e.Kind == history.TaskFailed && e.Task == 1 {
				return nil
			}
		}
		return errors.New("it does not agree")
	}}
	s := failed(h, fanOut()...)
	s.advance([]history.Delivery{rewind()})
	require.NoError(t, s.blocked)
	require.Equal(t, []string{"rewind c", "set #4"}, commandsOf(s))

	h.takes = func([]history.Event) error { return errors.New("it does not agree") }
	s = failed(h, fanOut()...)
	s.advance([]history.Delivery{rewind()})
	require.ErrorContains(t, s.blocked, "cannot be rewound")
	require.Equal(t, history.Failed, s.value.Status)
	require.Contains(t, s.value.Blocked, "it does not agree")
	require.Empty(t, s.fresh)
	require.Zero(t, s.taken)
}

// An instance that failed at an event, because of its code, is handed it again.
func TestRewindHandsOverAgainWhatItFailedAt(t *testing.T) {
	t.Parallel()
	c, seen := note()
	s := failed(&stageHand{code: c},
		history.Event{Kind: history.ExecutionStarted, Time: noon, Name: "O"},
		history.Event{Kind: history.EventRaised, Time: noon, Name: "E", ID: "k"},
		history.Event{Kind: history.ExecutionFailed, Time: noon},
	)
	s.advance([]history.Delivery{rewind()})
	require.Equal(t, []string{"ExecutionRewound", `EventRaised "E"`}, *seen)
	require.Equal(t, history.Running, s.value.Status)
	require.Len(t, s.fresh, 3)
}

// The failure came first, and was looked at only when a result had come too: that
// result is kept, and not asked for again.
func TestRewindKeepsTheResultItFailedAt(t *testing.T) {
	t.Parallel()
	events := fanOut()
	events = append(events[:7:7], events[9])
	c, seen := note()
	s := failed(&stageHand{code: c}, events...)
	s.advance([]history.Delivery{rewind()})
	require.Equal(t, []string{"run A #1 for x-r1", "rewind c", "set #4"}, commandsOf(s))
	require.Equal(t, "TaskCompleted #2", (*seen)[len(*seen)-1])
}

func TestOnlyFailedInstancesAreRewound(t *testing.T) {
	t.Parallel()
	parent := rewind()
	parent.Parent = &history.Parent{Instance: "p", Execution: "px", Task: 3}
	for name, tt := range map[string]struct {
		status history.Status
		answer history.Verb
	}{
		"running":    {history.Running, ""}, // it answers when it has ended
		"completed":  {history.Completed, history.VerbCompleted},
		"terminated": {history.Terminated, history.VerbFailed},
	} {
		s := failed(&stageHand{code: &code{handle: inert}}, fanOut()[:5]...)
		s.value.Status = tt.status
		s.advance([]history.Delivery{parent})
		require.Equal(t, tt.status, s.value.Status)
		require.Equal(t, tt.answer == "", s.changed, name)
		if tt.answer == "" {
			require.Empty(t, s.replies)
			require.Equal(t, parent.Parent, s.value.Parent)
			continue
		}
		require.Equal(t, tt.answer, s.replies[0].Tell.Verb, name)
	}
	s := empty(&code{handle: inert})
	s.advance([]history.Delivery{parent})
	require.Equal(t, history.VerbFailed, s.replies[0].Tell.Verb, "there is nobody")
}

// The parent's worker has said it twice: the child has tried again, and failed again.
func TestChildIsRewoundOnceForEachRewindOfItsParent(t *testing.T) {
	t.Parallel()
	m := rewind()
	m.Parent = &history.Parent{Instance: "p", Execution: "px-r1", Task: 3}
	for execution, status := range map[string]history.Status{"px-r1": history.Failed, "px": history.Running} {
		s := failed(&stageHand{code: &code{handle: inert}}, fanOut()...)
		s.value.Parent = &history.Parent{Instance: "p", Execution: execution, Task: 3}
		s.advance([]history.Delivery{m})
		require.Equal(t, status, s.value.Status)
		require.Empty(t, s.replies)
	}
}
