package record_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// A field that somebody adds and forgets in the codec would be lost without a
// sound. The full value must therefore set every field there is: then the golden
// test compares it.
func TestFullValueSetsEveryField(t *testing.T) {
	t.Parallel()
	v := fullValue()
	requireSet(t, "Value", reflect.ValueOf(*v), "Unreadable")
	requireSet(t, "Failure", reflect.ValueOf(*v.Failure), "Stack")
	requireSet(t, "Cause", reflect.ValueOf(*v.Failure.Cause), "NonRetryable")
	requireSet(t, "Segment", reflect.ValueOf(v.Segments[0]))
	requireSet(t, "Closed", reflect.ValueOf(v.Closed[0]))
	requireSet(t, "Parent", reflect.ValueOf(*v.Parent))
	requireSet(t, "Wait", reflect.ValueOf(v.Waits[0]), "Task")
	requireSet(t, "Wait", reflect.ValueOf(v.Waits[1]), "Name")
}

// One event with everything set, whatever it may mean, so that no field of an
// event can be forgotten either.
func TestEventKeepsEveryField(t *testing.T) {
	t.Parallel()
	e := record.Raised("n", "i", []byte("1")).KeepUntil(at(2)).On(at(1))
	e.Task, e.Failure = 7, failureChain()
	requireSet(t, "Event", reflect.ValueOf(e))
	log, err := record.ParseLog(record.NewLog(e).Stored())
	require.NoError(t, err)
	require.Equal(t, []record.Event{e}, log.Events)
}

func requireSet(t *testing.T, what string, v reflect.Value, except ...string) {
	t.Helper()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if contains(except, name) {
			continue
		}
		require.False(t, v.Field(i).IsZero(), "%s.%s is not set", what, name)
	}
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func TestTimesAreStoredInUTC(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("far", 5*3600)
	v := &record.InstanceRecord{Created: at(3).In(zone)}
	got, err := record.Decode(v.Encode())
	require.NoError(t, err)
	require.Equal(t, at(3), got.Created)
	require.True(t, got.Updated.IsZero())
}

// Times that nanoseconds since 1970 cannot hold are stored as the nearest that
// they can: a timer for the year 9999 must not become one for the past.
func TestTimesOutOfRangeStayOnTheirSide(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want time.Time }{
		"far future": {time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), record.LatestTime},
		"far past":   {time.Date(1066, 10, 14, 0, 0, 0, 0, time.UTC), record.EarliestTime},
		"latest":     {record.LatestTime, record.LatestTime},
		"earliest":   {record.EarliestTime, record.EarliestTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, err := record.ParseLog(record.NewLog(record.TimerCreated(0, tc.in)).Stored())
			require.NoError(t, err)
			require.Equal(t, tc.want, log.Events[0].Due())
		})
	}
}
