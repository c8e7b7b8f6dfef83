package turn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// askAgain is the start of a child for a parent that was rewound so often.
func askAgain(rewinds int) hub.Delivery {
	m := say(11, hub.VerbStart, "O")
	m.Execution, m.Replaces = "x", hub.AnyEnded
	m.Parent = &record.Parent{Instance: "p", Execution: "px", Task: 3}
	for range rewinds {
		m.Parent.Execution = record.ParseExecutionID(m.Parent.Execution, 0).Rewound().String()
	}
	return m
}

// child returns an instance that has failed, and its parent knows it.
func child(status history.Status, events ...record.Event) *setup {
	s := failed(&fakeExecutor{code: &code{handle: inert}}, events...)
	s.Record.Status, s.Record.Parent = status, askAgain(0).Parent
	return s
}

func TestOnlyFailedInstancesAreRewound(t *testing.T) {
	t.Parallel()
	for _, status := range []history.Status{history.Running, history.Completed, history.Terminated, history.Expected} {
		s := child(status, fanOut()[:5]...)
		s.advance([]hub.Delivery{askRewind()})
		require.Equal(t, status, s.Record.Status)
		require.Equal(t, Unchanged, s.out.Kind)
		s.Latest = false
		s.advance([]hub.Delivery{askRewind()})
		require.Equal(t, Stale, s.out.Kind)
	}
	// A request means the failure that was seen, and no later one.
	s := failed(&fakeExecutor{code: &code{handle: inert}}, fanOut()...)
	s.Record.Execution = "x-r1"
	m := askRewind()
	m.Execution = "x"
	s.advance([]hub.Delivery{m})
	require.Equal(t, history.Failed, s.Record.Status)
}

func TestChildIsAskedAgainByARewoundParent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before, after history.Status
		answer        hub.Verb
	}{
		"failed":     {history.Failed, history.Running, ""},
		"running":    {history.Running, history.Running, ""}, // it answers when it has ended
		"completed":  {history.Completed, history.Completed, hub.VerbCompleted},
		"terminated": {history.Terminated, history.Running, ""}, // for a parent that has failed because of that
	} {
		events := fanOut()
		if tt.before != history.Failed {
			events = events[:5]
		}
		if tt.before == history.Terminated {
			events = append(events, record.Event{Kind: history.ExecutionTerminated, Time: noon}, record.Event{Kind: history.TimerCancelled, Time: noon, Task: 4},
				record.ChildTerminated(3, "c", nil).On(noon))
		}
		s := child(tt.before, events...)
		updated := s.Record.Updated
		m := askAgain(2)
		s.advance([]hub.Delivery{m})
		require.Equal(t, tt.after, s.Record.Status, name)
		require.Equal(t, m.Parent, s.Record.Parent)
		require.True(t, s.out.Changed)
		if tt.answer == "" {
			require.Empty(t, s.Record.Closed, name)
			continue
		}
		require.Equal(t, updated, s.Record.Updated, "nothing has happened to it")
		answer := s.out.Commands()
		require.Len(t, answer, 1)
		require.Equal(t, tt.answer, answer[0].Tell.Verb, name)
		require.Equal(t, "px-r2", answer[0].Tell.Execution)

		// Its parent's worker has said it twice, or says now what it said before.
		again := setUp(&fakeExecutor{code: &code{handle: inert}})
		again.Instance = s.Instance
		again.advance([]hub.Delivery{askAgain(2), askAgain(1)})
		require.False(t, again.out.Changed, name)
	}
}

func TestChildIsRewoundOnceForEachRewindOfItsParent(t *testing.T) {
	t.Parallel()
	s := child(history.Failed, fanOut()...)
	s.Record.Parent = askAgain(1).Parent
	s.advance([]hub.Delivery{askAgain(1)})
	require.Equal(t, history.Failed, s.Record.Status)
	s.advance([]hub.Delivery{askAgain(2)})
	require.Equal(t, history.Running, s.Record.Status)
}

// A terminate that its parent sent before it was rewound comes late, or twice.
func TestChildIsNotEndedByItsParentOfBefore(t *testing.T) {
	t.Parallel()
	s := child(history.Terminated, append(fanOut()[:5], record.Event{Kind: history.ExecutionTerminated, Time: noon})...)
	s.advance([]hub.Delivery{askAgain(1)})
	require.Equal(t, history.Running, s.Record.Status)
	end := func(parent *record.Parent) hub.Delivery {
		return hub.Delivery{Seq: s.Record.Watermark + 1, Message: hub.Message{
			Instance: "i", Verb: hub.VerbTerminate, Execution: record.Unwound(s.Record.Execution), Parent: parent,
		}}
	}
	s.advance([]hub.Delivery{end(askAgain(0).Parent)})
	require.Equal(t, history.Running, s.Record.Status)
	s.advance([]hub.Delivery{end(askAgain(1).Parent)})
	require.Equal(t, history.Terminated, s.Record.Status)
}

// The parent's code was put right, and calls something else: its child is not that.
func TestChildOfAnotherOrchestratorIsNoChild(t *testing.T) {
	t.Parallel()
	for _, status := range []history.Status{history.Failed, history.Running} {
		s := child(status, fanOut()...)
		m := askAgain(1)
		m.Arg = "Other"
		s.advance([]hub.Delivery{m})
		require.Equal(t, status, s.Record.Status)
		require.Equal(t, askAgain(0).Parent, s.Record.Parent)
		answer := s.out.Commands()
		require.Contains(t, string(answer[0].Tell.Data), "runs orchestrator")
	}
}
