package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestChildrenHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, execution := range []string{"e1", "e1-1", "e11"} {
		for task := range int64(20) {
			child := record.ChildExecution(execution, task)
			require.Regexp(t, `^[a-z2-7]{26}$`, child)
			require.False(t, seen[child])
			seen[child] = true
			require.Equal(t, child, record.ChildExecution(execution, task))
		}
	}
	require.Equal(t, "b1:"+record.ChildExecution("e1", 3)[:10], record.ChildID("b1", "e1", 3))
	long := record.ChildID(strings.Repeat("ö", ident.MaxInstanceID), "e1", 3)
	require.NoError(t, ident.CheckInstance(long))
}

func TestRewoundExecutions(t *testing.T) {
	t.Parallel()
	for execution, want := range map[string]string{
		"abc": "abc-r1", "abc-r1": "abc-r2", "abc-r9": "abc-r10", "abc-5": "abc-5-r1", "abc-r2-1": "abc-r2-1-r1", "a-red": "a-red-r1",
	} {
		require.Equal(t, want, record.ParseExecutionID(execution, 0).Rewound().String())
		require.Equal(t, record.Unwound(execution), record.Unwound(want))
		require.True(t, record.IsRunOf("a", "a-"+want))
	}
	require.Equal(t, "abc", record.Unwound("abc-r7"))
	require.Equal(t, "abc-r7-1", record.Unwound("abc-r7-1"))
	require.Equal(t, "abc-r1-1", record.ParseExecutionID("abc-r1", 0).Next().String())
	require.Equal(t, record.ChildExecution("abc", 3), record.ChildExecution("abc-r4", 3))
	require.NotEqual(t, record.ChildExecution("abc-1", 3), record.ChildExecution("abc-r1-1", 3))
}

func TestCallsAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	require.Empty(t, record.Call{}.String())
	for _, c := range []record.Call{{}, {First: 7, Attempt: 3}, {Timeout: 90 * time.Second}} {
		require.Equal(t, c, record.ParseCall(c.String()))
	}
	for _, odd := range []string{"", "x", "1/2", "a/2/3s", "1/b/3s", "1/2/c"} {
		require.Zero(t, record.ParseCall(odd))
	}
	require.EqualValues(t, 4, (&hub.Activity{Task: 4}).FirstTask())
	require.EqualValues(t, 2, (&hub.Activity{Task: 4, Call: record.Call{First: 2}}).FirstTask())
}

func TestTagsAreChecked(t *testing.T) {
	t.Parallel()
	require.NoError(t, history.Tags{"team": "north", "empty": "", "città": "Köln"}.Check())
	many := history.Tags{}
	for i := range history.MaxTags + 1 {
		many[strings.Repeat("k", i+1)] = "v"
	}
	for name, tags := range map[string]history.Tags{
		"too many": many, "no key": {"": "x"}, "equals sign": {"a=b": "x"}, "control in key": {"a\n": "x"},
		"control in value": {"a": "\n"}, "long key": {strings.Repeat("k", 65): ""}, "long value": {"k": strings.Repeat("v", 257)},
		"not UTF-8": {"k": "\xff"},
	} {
		require.ErrorIs(t, tags.Check(), ident.ErrInvalidName, name)
	}
	tags := history.Tags{"a": "1", "b": "2"}
	require.True(t, tags.Has(nil))
	require.True(t, tags.Has(history.Tags{"b": "2"}))
	require.False(t, tags.Has(history.Tags{"b": "1"}))
	require.False(t, tags.Has(history.Tags{"c": ""}))
}

func TestWhatTheParentIsTold(t *testing.T) {
	t.Parallel()
	parent := &record.Parent{Instance: "p", Execution: "e0", Task: 12}
	tell := func(m hub.Message) []hub.Command { return []hub.Command{{Tell: &m}} }
	answer := hub.Message{Instance: "p", Execution: "e0", Arg: "12"}
	completed, failed := answer, answer
	completed.Verb, completed.Data = hub.VerbCompleted, []byte("7")
	failed.Verb, failed.Data = hub.VerbFailed, failureChain().JSON()

	v := &record.InstanceRecord{Execution: "e1", Status: history.Completed, Output: []byte("7"), Turn: 1, Parent: parent}
	end := []record.Event{{Kind: history.ExecutionStarted}, {Kind: history.ExecutionCompleted}}
	require.Equal(t, tell(completed), hub.CommandsOf("c", v.LastTurn(end)))
	v.Turn = 0
	require.Empty(t, hub.CommandsOf("c", v.LastTurn(end)), "told by an earlier turn")
	v.Turn, v.Parent = 1, nil
	require.Empty(t, hub.CommandsOf("c", v.LastTurn(end)))

	v = &record.InstanceRecord{Execution: "e1", Status: history.Failed, Failure: failureChain(), Turn: 1, Parent: parent}
	require.Equal(t, tell(failed), hub.CommandsOf("c", v.LastTurn([]record.Event{{Kind: history.ExecutionFailed}})))

	v = &record.InstanceRecord{Execution: "e1", Status: history.Terminated, Output: []byte(`"enough"`), Turn: 1, Parent: parent}
	commands := hub.CommandsOf("c", v.LastTurn([]record.Event{{Kind: history.ExecutionTerminated}}))
	require.Contains(t, string(commands[0].Tell.Data), "Terminated")
	require.Contains(t, string(commands[0].Tell.Data), "enough")
}

func TestClosedGenerationsAreSealedAndOpened(t *testing.T) {
	t.Parallel()
	closed := []record.Closed{
		{Execution: "e", Events: goldenEvents()[8:10]}, {Execution: "e-1", Events: goldenEvents()[9:10]},
	}
	log := record.SealClosed(closed)
	for size := range log.Size() {
		var pieces [][]byte
		for rest := log; rest.Size() > 0; {
			var piece record.Log
			piece, rest = rest.Split(size)
			pieces = append(pieces, piece.Stored())
		}
		opened, err := record.OpenClosed(pieces)
		require.NoError(t, err)
		require.Equal(t, closed, opened)
	}
	_, err := record.OpenClosed([][]byte{record.NewLog(goldenEvents()[8]).Stored()})
	require.ErrorIs(t, err, record.ErrCorrupt)
}

// An event that an orchestrator sends is one event, however often it is rewound; what its code
// sends in place of that is another.
func TestSentID(t *testing.T) {
	t.Parallel()
	sent := record.EventSent(4, "Approval", "other", []byte("true"))
	id := record.SentID("e", sent)
	require.Equal(t, id, record.SentID(record.ParseExecutionID("e", 0).Rewound().String(), sent))
	require.NoError(t, ident.CheckEvent(id))
	for _, other := range []record.Event{
		{Task: 5, Name: "Approval", Data: []byte("true")}, {Task: 4, Name: "Approvals", Data: []byte("true")}, {Task: 4, Name: "Approval"},
	} {
		require.NotEqual(t, id, record.SentID("e", other))
	}
	require.NotEqual(t, id, record.SentID("f", sent))
}
