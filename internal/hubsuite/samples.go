package hubsuite

import (
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// sampleTime has no part that a store may round away.
var sampleTime = time.Date(2024, 2, 29, 23, 59, 58, 123_456_789, time.UTC)

// sample returns a value with something in every field.
func sample(execution string) *record.InstanceRecord {
	cause := &history.Failure{Type: "*errors.errorString", Message: "no paper"}
	return &record.InstanceRecord{
		Name:         "BudgetApproval",
		Execution:    execution,
		Generation:   2,
		Status:       history.Running,
		Created:      sampleTime,
		Updated:      sampleTime.Add(time.Second),
		Input:        []byte(`{"amount":100}`),
		Output:       []byte(`"none"`),
		CustomStatus: []byte(`"äöü ✓"`),
		Failure:      &history.Failure{Type: "panic", Message: "boom", Stack: "main.go:1", Cause: cause},
		Waits: []history.Wait{
			{Kind: history.WaitEvent, Name: "Approval", Since: sampleTime, Deadline: sampleTime.Add(time.Hour)},
		},
		Blocked:   "code has changed",
		Watermark: 42,
		SeenIDs:   []string{"one", "two"},
		Log: record.NewLog(
			record.Event{Kind: history.ExecutionStarted, Time: sampleTime, Name: "BudgetApproval"},
			record.Event{Kind: history.TaskScheduled, Time: sampleTime, Task: 1, Name: "Notify", Data: []byte("1")},
		),
		Turn:    1,
		Closed:  []record.Closed{{Execution: "before", Events: []record.Event{{Kind: history.ContinuedAsNew}}}},
		Parent:  &record.Parent{Instance: "parent", Execution: "e-1", Task: 3},
		Tags:    history.Tags{"team": "a b", "ü": "✓"},
		Version: "2",
		Kept:    []record.Event{record.Raised("Early", "", nil).KeepUntil(sampleTime.Add(time.Hour)).On(sampleTime)},
	}
}

// oddIDs are legal instance ids that a store may stumble over. No two are the
// same instance.
var oddIDs = []string{
	"plain", "Plain", "PLAIN", "a.b", "a", "b", "*", ">", "a b", " a", "=61", "%61", "$KV", "a=b", "ä", "日本語", "😀",
	".", "..", ".a", "a.", "-", "_", "seq-1", "orchestrators", strings.Repeat("x", ident.MaxInstanceID),
	strings.Repeat("ü", ident.MaxInstanceID), "a:b|c;d,e", `"quoted"`, "a&b=c+d",
}
