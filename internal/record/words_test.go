package record_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestStatusNames(t *testing.T) {
	t.Parallel()
	for status, name := range map[history.Status]string{
		history.Pending: "Pending", history.Running: "Running", history.Suspended: "Suspended", history.Completed: "Completed",
		history.Failed: "Failed", history.Terminated: "Terminated", history.ContinuedAsNewStatus: "ContinuedAsNew", history.Canceled: "Canceled",
	} {
		require.Equal(t, name, status.String())
		for _, spelled := range []string{name, ident.Fold(name)} {
			got, err := history.ParseStatus(spelled)
			require.NoError(t, err)
			require.Equal(t, status, got)
		}
	}
	for _, wrong := range []string{"", "Done", "Status(3)"} {
		_, err := history.ParseStatus(wrong)
		require.ErrorContains(t, err, "use one of Pending, Running")
	}
	require.Equal(t, "Unknown", history.Status(0).String())
	require.Equal(t, "Status(77)", history.Status(77).String())
}

func TestWhichStatusesHaveEnded(t *testing.T) {
	t.Parallel()
	ended := map[history.Status]bool{history.Completed: true, history.Failed: true, history.Terminated: true, history.Canceled: true}
	for s := range 256 {
		require.Equal(t, ended[history.Status(s)], history.Status(s).Ended(), history.Status(s).String())
	}
}

func TestEventsDescribeThemselves(t *testing.T) {
	t.Parallel()
	want := []string{
		`ExecutionStarted "BudgetApproval"`, `EventRaised "Approval"`, `TaskCompleted #1`, `TaskFailed #200`, `TimerFired #70000`,
		`ExecutionSuspended`, `ExecutionResumed`, `ExecutionTerminated`, `TaskScheduled #1 "Notify"`, `TimerCreated #2`,
		`TimerCancelled #2`, `ContinuedAsNew`, `ExecutionCompleted`, `ExecutionFailed`,
		`ExecutionRewound`, `TaskRewound #1 "Notify"`, `ChildRewound #3 "Part" to instance "b1:part"`, `TimerRewound #2`,
		`ExecutionDelayed "BudgetApproval"`, `ChildScheduled #3 "Part" to instance "b1:part"`, `ChildTerminated #3`,
		`EventSent #4 "Approval" to instance "b2"`, `VersionMarked "new-tax" 2`, `ParentTold`,
	}
	for i, e := range goldenEvents() {
		require.Equal(t, want[i], e.String())
		require.Equal(t, i >= 8 && i < 14 || i >= 19, e.Kind.IsDecision())
	}
	require.Equal(t, "Kind(99)", history.Kind(99).String())
}

func TestWaitKindNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "event", history.WaitEvent.String())
	require.Equal(t, "timer", history.WaitTimer.String())
	require.Equal(t, "activity", history.WaitActivity.String())
	require.Equal(t, "child", history.WaitChild.String())
	require.Equal(t, "unknown", history.WaitKind(9).String())
}

func TestTaskNumbersOfMessages(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]int64{
		"1": 1, "9223372036854775807": 9223372036854775807, "0": 0, "-1": 0, "": 0, "x": 0, "1.0": 0, "9223372036854775808": 0, " 1": 0,
	} {
		require.Equal(t, want, hub.Message{Arg: arg}.Task(), "%q", arg)
	}
	require.Equal(t, int64(42), hub.Message{Arg: record.TaskArg(42)}.Task())
}

func TestFailureIsAChainOfErrors(t *testing.T) {
	t.Parallel()
	f := failureChain()
	require.EqualError(t, f, "pay: bank: connection refused")
	var links []string
	for err := error(f); err != nil; err = errors.Unwrap(err) {
		var link *history.Failure
		require.ErrorAs(t, err, &link)
		links = append(links, link.Type)
	}
	require.Equal(t, []string{"*fmt.wrapError", "panic", "syscall.Errno"}, links)
}

func TestFailureTravelsAsJSON(t *testing.T) {
	t.Parallel()
	require.Equal(t, failureChain(), history.ParseFailure(failureChain().JSON()))
	for text, want := range map[string]*history.Failure{
		`{"message":"m"}`:        {Message: "m"},
		`{"type":"T","x":1}`:     {Type: "T"},
		`no JSON`:                {Type: "unknown", Message: "no JSON"},
		``:                       {Type: "unknown"},
		`null`:                   {Type: "unknown", Message: "null"},
		`{}`:                     {Type: "unknown", Message: "{}"},
		`"just a string"`:        {Type: "unknown", Message: `"just a string"`},
		`{"type":1,"message":2}`: {Type: "unknown", Message: `{"type":1,"message":2}`},
	} {
		require.Equal(t, want, history.ParseFailure([]byte(text)), text)
	}
}

func TestFailureIsClippedFromItsEnd(t *testing.T) {
	t.Parallel()
	f := &history.Failure{
		Type: "panic", Message: "first", Stack: "a long stack", NonRetryable: true,
		Cause: &history.Failure{Type: "E", Message: "sécond", Cause: &history.Failure{Type: "E", Message: "third"}},
	}
	require.Equal(t, &history.Failure{
		Type: "panic", Message: "first", NonRetryable: true,
		Cause: &history.Failure{Type: "E", Message: "s"},
	}, f.Clip(13), "cut between two characters")
	require.Equal(t, "third", f.Clip(1000).Cause.Cause.Message)
	require.Equal(t, "a long stack", f.Stack, "the original is as it was")
}
