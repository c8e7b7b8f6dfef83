package record_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Each kind says what the table of history.Event promises, and nothing else.
func TestPublicEvents(t *testing.T) {
	t.Parallel()
	now, failure := time.Unix(1, 0), &history.Failure{Type: "T", Message: "no"}
	call := record.Call{First: 2, Attempt: 3, Timeout: time.Second}
	for _, tt := range []struct {
		stored record.Event
		fields []string
	}{
		{record.Event{Kind: history.ExecutionStarted, Name: "O", ID: "2", Task: record.NewestRule}, []string{"Name", "Version"}},
		{record.Event{Kind: history.ExecutionDelayed, Name: "O", ID: "2", Task: record.NewestRule, At: now}, []string{"Due", "Name", "Version"}},
		{record.Event{Kind: history.EventRaised, Name: "E", ID: "k", Data: []byte("1")}, []string{"Data", "ID", "Name"}},
		{record.Event{Kind: history.TaskCompleted, Task: 1, Data: []byte("1")}, []string{"Data", "Task"}},
		{record.Event{Kind: history.TaskFailed, Task: 1, Failure: failure}, []string{"Failure", "Task"}},
		{record.Event{Kind: history.TimerFired, Task: 1}, []string{"Task"}},
		{record.Event{Kind: history.ExecutionSuspended, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionResumed, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionTerminated, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionRewound, Data: []byte("1"), Failure: failure}, []string{"Data", "Failure"}},
		{record.Event{Kind: history.TaskScheduled, Task: 5, Name: "A", ID: call.String(), Data: []byte("1")}, []string{"Attempt", "Data", "FirstTask", "Name", "Task", "Timeout"}},
		{record.Event{Kind: history.TaskRewound, Task: 5, Name: "A", ID: call.String(), Data: []byte("1")}, []string{"Attempt", "Data", "FirstTask", "Name", "Task", "Timeout"}},
		{record.Event{Kind: history.TimerCreated, Task: 1, At: now}, []string{"Due", "Task"}},
		{record.Event{Kind: history.TimerRewound, Task: 1, At: now}, []string{"Due", "Task"}},
		{record.Event{Kind: history.TimerCancelled, Task: 1}, []string{"Task"}},
		{record.Event{Kind: history.ChildScheduled, Task: 1, Name: "O", ID: "c", Data: []byte("1")}, []string{"Data", "Instance", "Name", "Task"}},
		{record.Event{Kind: history.ChildRewound, Task: 1, Name: "O", ID: "c", Data: []byte("1")}, []string{"Data", "Instance", "Name", "Task"}},
		{record.Event{Kind: history.ChildTerminated, Task: 1, ID: "c", Data: []byte("1")}, []string{"Data", "Instance", "Task"}},
		{record.Event{Kind: history.EventSent, Task: 1, Name: "E", ID: "i", Data: []byte("1")}, []string{"Data", "Instance", "Name", "Task"}},
		{record.Event{Kind: history.VersionMarked, Task: 4, Name: "change"}, []string{"Name", "Version"}},
		{record.Event{Kind: history.ContinuedAsNew, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionCompleted}, nil},
		{record.Event{Kind: history.ExecutionFailed, Failure: failure}, []string{"Failure"}},
	} {
		tt.stored.Time = now
		public := tt.stored.Public()
		require.Equal(t, tt.stored.Kind, public.Kind)
		require.Equal(t, now, public.Time)
		require.Equal(t, tt.fields, fieldsOf(public), "of a %s", public.Kind)
	}
}

// fieldsOf names the fields that are set, besides kind and time, sorted.
func fieldsOf(e history.Event) []string {
	var set []string
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name != "Kind" && name != "Time" && !v.Field(i).IsZero() {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return set
}
