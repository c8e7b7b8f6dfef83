package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// An activity is of use for as long as its result, or its having been asked for, counts.
func TestActivityThatNobodyNeeds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		v         *record.InstanceRecord
		execution string
		none      bool
	}{
		"running":              {&record.InstanceRecord{Execution: "a", Status: history.Running}, "a", false},
		"completed":            {&record.InstanceRecord{Execution: "a", Status: history.Completed}, "a", false},
		"failed":               {&record.InstanceRecord{Execution: "a", Status: history.Failed}, "a", false},
		"terminated":           {&record.InstanceRecord{Execution: "a", Status: history.Terminated}, "a", true},
		"purged":               {nil, "a", true},
		"purged, and expected": {&record.InstanceRecord{Status: history.Expected}, "a", true},
		"replaced":             {&record.InstanceRecord{Execution: "b", Status: history.Running}, "a", true},
		"replaced by message":  {&record.InstanceRecord{Execution: "seq-7", Status: history.Running}, "seq-5", true},
		"earlier generation":   {&record.InstanceRecord{Execution: "a-3", Generation: 3, Status: history.Running}, "a-1", false},
		"first generation":     {&record.InstanceRecord{Execution: "a-3", Generation: 3, Status: history.Running}, "a", false},
		"of another run":       {&record.InstanceRecord{Execution: "a-3", Generation: 3, Status: history.Running}, "b-1", true},
		"before a rewind":      {&record.InstanceRecord{Execution: "a-3-r2", Generation: 3, Status: history.Running}, "a-3-r1", true},
		"after a rewind":       {&record.InstanceRecord{Execution: "a-3-r2", Generation: 3, Status: history.Running}, "a-3-r2", false},
		"before, generation":   {&record.InstanceRecord{Execution: "a-3-r2", Generation: 3, Status: history.Running}, "a-2", false},
	} {
		require.Equal(t, test.none, test.v.NeedsNoMore(test.execution), name)
	}
}

func TestMarkIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	m := record.Mark{}.Run("b1").Run("b2").Run("b1")
	read, err := record.DecodeMark(m.Encode())
	require.NoError(t, err)
	require.Equal(t, m, read)
	require.JSONEq(t, `{"runs":3,"builds":{"b1":2,"b2":1}}`, string(m.Encode()))
	_, err = record.DecodeMark([]byte("{"))
	require.ErrorIs(t, err, record.ErrCorrupt)
}
