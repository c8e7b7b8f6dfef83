package record_test

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// at is a moment of a fixed day, with nanoseconds.
func at(second int) time.Time {
	return time.Date(2031, time.May, 17, 9, 30, second, 123456789, time.UTC)
}

func failureChain() *history.Failure {
	return &history.Failure{
		Type: "*fmt.wrapError", Message: "pay: bank: connection refused", NonRetryable: true,
		Cause: &history.Failure{
			Type: "panic", Message: "bank: connection refused", Stack: "goroutine 7 [running]:\nmain.pay()",
			Cause: &history.Failure{Type: "syscall.Errno", Message: "connection refused"},
		},
	}
}

func goldenValues() map[string]*record.InstanceRecord {
	return map[string]*record.InstanceRecord{
		"pending": {
			Name: "BudgetApproval", Execution: "seq-17", Status: history.Pending, Created: at(0), Updated: at(0),
		},
		"running": fullValue(),
		"completed": {
			Name: "BudgetApproval", Execution: "e1", Status: history.Completed, Created: at(0), Updated: at(9),
			Input: []byte(`{"amount":100}`), Output: []byte(`"approved"`), Watermark: 1 << 40, Turn: 1,
			Log: record.NewLog(record.Event{Kind: history.ExecutionCompleted, Time: at(9)}),
		},
		"failed": {
			Name: "BudgetApproval", Execution: "e1", Status: history.Failed, Created: at(0), Updated: at(9),
			Failure: failureChain(), Watermark: 3,
		},
	}
}

// fullValue returns a value with every field set.
func fullValue() *record.InstanceRecord {
	return &record.InstanceRecord{
		Name: "Händler", Execution: "e1-3", Generation: 3, Status: history.Running,
		Created: at(0), Updated: at(59),
		Input: []byte(`{"amount":100}`), Output: []byte(`null`), CustomStatus: []byte(`{"step":2}`),
		Failure: failureChain(),
		Waits: []history.Wait{
			{Kind: history.WaitEvent, Name: "Approval", Since: at(1), Deadline: at(31)},
			{Kind: history.WaitTimer, Task: 4, Since: at(2), Deadline: at(32)},
			{Kind: history.WaitActivity, Name: "Notify", Task: 300, Since: at(3)},
		},
		Blocked: "non-determinism", Watermark: 18_446_744_073_709_551_615, SeenIDs: []string{"a", "b"},
		Segments:   []record.Segment{{Key: "s1", Events: 70, Bytes: 8100}, {Key: "s2", Events: 1, Bytes: 9}},
		Log:        record.NewLog(goldenEvents()...),
		Turn:       2,
		Closed:     []record.Closed{{Execution: "e1-2", Events: goldenEvents()[8:10]}},
		Parent:     &record.Parent{Instance: "Bau 7", Execution: "e0", Task: 12},
		ClosedKeys: []string{"e1-2.closed.1"},
		Tags:       history.Tags{"team": "north", "città": "Köln"}, Version: "2",
		Kept: []record.Event{record.Raised("Early", "k", []byte("1")).KeepUntil(at(50)).On(at(3))},
	}
}

// goldenEvents returns one event of each kind, each with the fields it uses.
func goldenEvents() []record.Event {
	return []record.Event{
		{Kind: history.ExecutionStarted, Time: at(0), Name: "BudgetApproval"},
		record.Raised("Approval", "key-1", []byte(`true`)).On(at(1)),
		{Kind: history.TaskCompleted, Time: at(2), Task: 1, Data: []byte(`{"ok":true}`)},
		{Kind: history.TaskFailed, Time: at(3), Task: 200, Failure: failureChain()},
		{Kind: history.TimerFired, Time: at(4), Task: 70000},
		{Kind: history.ExecutionSuspended, Time: at(5), Data: []byte(`"lunch"`)},
		{Kind: history.ExecutionResumed, Time: at(6), Data: []byte(`"back"`)},
		{Kind: history.ExecutionTerminated, Time: at(7), Data: []byte(`"enough"`)},
		{Kind: history.TaskScheduled, Time: at(8), Task: 1, Name: "Notify", Data: []byte(`"hello"`)},
		record.TimerCreated(2, at(40)).On(at(9)),
		{Kind: history.TimerCancelled, Time: at(10), Task: 2},
		{Kind: history.ContinuedAsNew, Time: at(11), Data: []byte(`{"round":2}`)},
		{Kind: history.ExecutionCompleted, Time: at(12), Data: []byte(`"approved"`)},
		{Kind: history.ExecutionFailed, Time: at(13), Failure: failureChain()},
		{Kind: history.ExecutionRewound, Time: at(14), Data: []byte(`"try again"`)},
		record.TaskScheduled(1, "Notify", record.Call{First: 1, Attempt: 2, Timeout: 30 * time.Second}, []byte(`"hello"`)).Repeated().On(at(14)),
		record.ChildScheduled(3, "Part", "b1:part", nil).Repeated().On(at(14)),
		record.TimerCreated(2, at(40)).Repeated().On(at(14)),
		record.Delayed("BudgetApproval", "2", at(45)).By(record.OldestWait).On(at(15)),
		record.ChildScheduled(3, "Part", "b1:part", []byte(`7`)).On(at(16)),
		record.ChildTerminated(3, "b1:part", []byte(`"enough"`)).On(at(17)),
		record.EventSent(4, "Approval", "b2", []byte(`true`)).On(at(18)),
		{Kind: history.VersionMarked, Time: at(19), Task: 2, Name: "new-tax"},
		record.ParentTold(record.Parent{Instance: "Bau 7", Execution: "e0", Task: 12}, []byte(`"done"`), nil).On(at(20)),
	}
}
