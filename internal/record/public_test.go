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
		{record.Started("O", "2"), []string{"Name", "Version"}},
		{record.Delayed("O", "2", now), []string{"Due", "Name", "Version"}},
		{record.Raised("E", "k", []byte("1")), []string{"Data", "ID", "Name"}},
		{record.Event{Kind: history.TaskCompleted, Task: 1, Data: []byte("1")}, []string{"Data", "Task"}},
		{record.Event{Kind: history.TaskFailed, Task: 1, Failure: failure}, []string{"Failure", "Task"}},
		{record.Event{Kind: history.TimerFired, Task: 1}, []string{"Task"}},
		{record.Event{Kind: history.ExecutionSuspended, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionResumed, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionTerminated, Data: []byte("1")}, []string{"Data"}},
		{record.Event{Kind: history.ExecutionRewound, Data: []byte("1"), Failure: failure}, []string{"Data", "Failure"}},
		{record.TaskScheduled(5, "A", call, []byte("1")), []string{"Attempt", "Data", "FirstTask", "Name", "Task", "Timeout"}},
		{record.TaskScheduled(5, "A", call, []byte("1")).Repeated(), []string{"Attempt", "Data", "FirstTask", "Name", "Task", "Timeout"}},
		{record.TimerCreated(1, now), []string{"Due", "Task"}},
		{record.TimerCreated(1, now).Repeated(), []string{"Due", "Task"}},
		{record.Event{Kind: history.TimerCancelled, Task: 1}, []string{"Task"}},
		{record.ChildScheduled(1, "O", "c", []byte("1")), []string{"Data", "Instance", "Name", "Task"}},
		{record.ChildScheduled(1, "O", "c", []byte("1")).Repeated(), []string{"Data", "Instance", "Name", "Task"}},
		{record.ChildTerminated(1, "c", []byte("1")), []string{"Data", "Instance", "Task"}},
		{record.EventSent(1, "E", "i", []byte("1")), []string{"Data", "Instance", "Name", "Task"}},
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
