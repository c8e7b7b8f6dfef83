package client_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func (h *fakeHub) left() []string {
	var ids []string
	for _, s := range h.summaries() {
		ids = append(ids, s.Instance)
	}
	return ids
}

func TestPurgeWhere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		filter client.Filter
		left   []string
	}{
		"all that has ended": {client.Filter{}, []string{"live"}},
		"status":             {client.Filter{Status: []client.Status{client.Failed, client.Running}}, []string{"live", "b0", "b2", "b4"}},
		"only live statuses": {client.Filter{Status: []client.Status{client.Running}}, []string{"live", "b0", "b1", "b2", "b3", "b4"}},
		"tag":                {client.Filter{Tags: client.Tags{"n": "3"}}, []string{"live", "b0", "b1", "b2", "b4"}},
		"small pages":        {client.Filter{IDPrefix: "b", Limit: 1}, []string{"live"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := newFakeHub()
			hub.set("live", &record.InstanceRecord{Status: history.Running})
			for i := range 5 {
				v := &record.InstanceRecord{Status: history.Completed, Tags: history.Tags{"n": fmt.Sprint(i)}}
				if i%2 == 1 {
					v.Status = history.Failed
				}
				hub.set(fmt.Sprint("b", i), v)
			}
			purged, err := client.New(hub).PurgeWhere(t.Context(), tt.filter)
			require.NoError(t, err)
			require.Equal(t, tt.left, hub.left())
			require.Equal(t, 6-len(tt.left), purged)
		})
	}
}

// An instance that changes after it was listed is another one than the filter chose.
func TestPurgeWhereSparesWhatHasChanged(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{Status: history.Failed})
	hub.beforePurge = func() { hub.set("a", &record.InstanceRecord{Status: history.Completed}) }
	purged, err := client.New(hub).PurgeWhere(t.Context(), client.Filter{Status: []client.Status{client.Failed}})
	require.NoError(t, err)
	require.Zero(t, purged)
	require.Equal(t, []string{"a"}, hub.left())
}

func TestPurgeWhereIsPatientOnlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		for i := range 50 {
			hub.set(fmt.Sprint(i), &record.InstanceRecord{Status: history.Completed})
		}
		hub.unsettled = 1 << 30
		purged, err := client.New(hub).PurgeWhere(t.Context(), client.Filter{})
		require.ErrorIs(t, err, client.ErrInstanceUnsettled)
		require.ErrorContains(t, err, "50 of them")
		require.Zero(t, purged)

		hub.unsettled = 7
		purged, err = client.New(hub).PurgeWhere(t.Context(), client.Filter{})
		require.NoError(t, err)
		require.Equal(t, 50, purged)
	})
}

func TestPurgeWhereEndsWithAnError(t *testing.T) {
	t.Parallel()
	_, err := client.New(newFakeHub()).PurgeWhere(t.Context(), client.Filter{Token: "*"})
	require.ErrorIs(t, err, client.ErrInvalidToken)
}
