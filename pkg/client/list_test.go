package client_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestListFilters(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a1", &record.InstanceRecord{
		Name: "A", Status: history.Running, Created: noon, Updated: noon, Tags: history.Tags{"team": "red", "tier": "1"},
	})
	hub.set("a2", &record.InstanceRecord{
		Name: "A", Status: history.Completed, Created: noon.Add(time.Hour), Updated: noon.Add(time.Hour), Tags: history.Tags{"team": "red"},
	})
	hub.set("b1", &record.InstanceRecord{Name: "B", Status: history.Failed, Created: noon.Add(2 * time.Hour), Updated: noon.Add(3 * time.Hour)})
	hub.set("gone", nil)

	tests := map[string]struct {
		filter client.Filter
		want   []string
	}{
		"all":           {client.Filter{}, []string{"a1", "a2", "b1"}},
		"status":        {client.Filter{Status: []client.Status{client.Completed, client.Failed}}, []string{"a2", "b1"}},
		"name":          {client.Filter{Name: "A"}, []string{"a1", "a2"}},
		"prefix":        {client.Filter{IDPrefix: "b"}, []string{"b1"}},
		"created from":  {client.Filter{CreatedFrom: noon.Add(time.Hour)}, []string{"a2", "b1"}},
		"created to":    {client.Filter{CreatedTo: noon.Add(time.Hour)}, []string{"a1", "a2"}},
		"all together":  {client.Filter{Name: "A", Status: []client.Status{client.Running}, IDPrefix: "a"}, []string{"a1"}},
		"updated from":  {client.Filter{UpdatedFrom: noon.Add(2 * time.Hour)}, []string{"b1"}},
		"updated to":    {client.Filter{UpdatedTo: noon.Add(time.Hour)}, []string{"a1", "a2"}},
		"tag":           {client.Filter{Tags: client.Tags{"team": "red"}}, []string{"a1", "a2"}},
		"all tags":      {client.Filter{Tags: client.Tags{"team": "red", "tier": "1"}}, []string{"a1"}},
		"other value":   {client.Filter{Tags: client.Tags{"team": "blue"}}, nil},
		"none is empty": {client.Filter{Name: "C"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := client.New(hub).List(t.Context(), tt.filter)
			require.NoError(t, err)
			require.Empty(t, page.Next)
			var ids []string
			for _, s := range page.Instances {
				ids = append(ids, s.Instance)
			}
			require.Equal(t, tt.want, ids)
		})
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	for i := range 7 {
		hub.set(fmt.Sprint(i), &record.InstanceRecord{Status: history.Running})
	}
	c := client.New(hub)
	page, err := c.List(t.Context(), client.Filter{Limit: 3})
	require.NoError(t, err)
	require.Len(t, page.Instances, 3)
	require.NotEmpty(t, page.Next)

	// An instance that changes meanwhile comes again at the end, and none is left out.
	hub.set("0", &record.InstanceRecord{Status: history.Completed})
	var ids []string
	for s, err := range c.All(t.Context(), client.Filter{Limit: 2, Token: page.Next}) {
		require.NoError(t, err)
		ids = append(ids, s.Instance)
	}
	require.Equal(t, []string{"3", "4", "5", "6", "0"}, ids)

	page, err = c.List(t.Context(), client.Filter{Limit: 7})
	require.NoError(t, err)
	require.Empty(t, page.Next, "a full last page has no next")
}

// Later goes on at what changes after a page, whether the filter chose anything or
// not.
func TestListGoesOnLater(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	c := client.New(hub)
	var token string
	changes := func() []string {
		page, err := c.List(t.Context(), client.Filter{Status: []client.Status{client.Running}, Limit: 2, Token: token})
		require.NoError(t, err)
		token = page.Later
		ids := []string{}
		for _, s := range page.Instances {
			ids = append(ids, s.Instance)
		}
		return ids
	}
	require.Empty(t, changes())
	for _, id := range []string{"a", "b", "c"} {
		hub.set(id, &record.InstanceRecord{Status: history.Running})
	}
	require.Equal(t, []string{"a", "b"}, changes())
	require.Equal(t, []string{"c"}, changes())
	require.Empty(t, changes())
	hub.set("b", &record.InstanceRecord{Status: history.Completed})
	require.Empty(t, changes())
	hub.set("a", &record.InstanceRecord{Status: history.Running})
	require.Equal(t, []string{"a"}, changes())
}

func TestAllStopsEarly(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("a", &record.InstanceRecord{})
	hub.set("b", &record.InstanceRecord{})
	for s, err := range client.New(hub).All(t.Context(), client.Filter{}) {
		require.NoError(t, err)
		require.Equal(t, "a", s.Instance)
		break
	}
}

// A token is good for its list only: garbage, and the token of another hub or filter, would
// look like an end, or leave instances out.
func TestListRefusesForeignToken(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	for i := range 5 {
		hub.set(fmt.Sprint(i), &record.InstanceRecord{Status: history.Running, Created: noon, Updated: noon})
	}
	c := client.New(hub)
	filter := client.Filter{Limit: 2, IDPrefix: "", Status: []client.Status{client.Running, client.Pending}, Tags: client.Tags{}}
	page, err := c.List(t.Context(), filter)
	require.NoError(t, err)
	tokens := []string{"*", "zzzz", "0", "-", page.Next + "x", "1" + page.Next, page.Next[:len(page.Next)-1], strings.ToUpper(page.Next) + "0"}
	for _, token := range tokens {
		filter.Token = token
		_, err := c.List(t.Context(), filter)
		require.ErrorIs(t, err, client.ErrInvalidToken, token)
		for _, err := range c.All(t.Context(), filter) {
			require.ErrorIs(t, err, client.ErrInvalidToken, token)
		}
	}
	for _, token := range []string{page.Next, page.Later} {
		filter.Token = token
		for name, change := range map[string]func(*client.Filter){
			"status": func(f *client.Filter) { f.Status = []client.Status{client.Running} },
			"name":   func(f *client.Filter) { f.Name = "x" },
			"prefix": func(f *client.Filter) { f.IDPrefix = "x" },
			"tags":   func(f *client.Filter) { f.Tags = client.Tags{"a": "b"} },
		} {
			other := filter
			change(&other)
			_, err := c.List(t.Context(), other)
			require.ErrorIs(t, err, client.ErrInvalidToken, name)
		}
		_, err = client.New(newFakeHub()).List(t.Context(), filter)
		require.ErrorIs(t, err, client.ErrInvalidToken, "another hub")
		same := filter
		same.Limit, same.Status, same.Tags = 1, []client.Status{client.Pending, client.Running, client.Running}, nil
		_, err = c.List(t.Context(), same)
		require.NoError(t, err, "the same list in other words")
		same.CreatedFrom, same.CreatedTo, same.UpdatedFrom, same.UpdatedTo = noon, noon, noon, noon
		_, err = c.List(t.Context(), same)
		require.NoError(t, err, "the last two hours begin later when the next page is asked for")
	}
}

// Lists are in the order of the last change, so behind the newest that can be chosen there is
// nothing to read; the clocks of servers may differ a little.
func TestListStopsBehindTheLastThatCanBeChosen(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	for i := range 100 {
		status := history.Completed
		if i%2 == 0 {
			status = history.Running
		}
		hub.set(fmt.Sprintf("i%d", i), &record.InstanceRecord{Status: status, Updated: noon.Add(time.Duration(i) * time.Hour)})
	}
	hub.set("late clock", &record.InstanceRecord{Status: history.Completed, Updated: noon})
	c := client.New(hub)
	page, err := c.List(t.Context(), client.Filter{UpdatedTo: noon.Add(5 * time.Hour)})
	require.NoError(t, err)
	require.Len(t, page.Instances, 6)
	require.Empty(t, page.Next)
	require.EqualValues(t, 7, hub.visited.Load())
	hub.visited.Store(0)
	n, err := c.PurgeWhere(t.Context(), client.Filter{UpdatedTo: noon.Add(5 * time.Hour)})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.LessOrEqual(t, hub.visited.Load(), int64(10), "the sweep of a hub that keeps its instances for a time reads no more than that")

	hub = newFakeHub()
	hub.set("ahead", &record.InstanceRecord{Status: history.Completed, Updated: noon.Add(time.Second)})
	hub.set("due", &record.InstanceRecord{Status: history.Completed, Updated: noon})
	page, err = client.New(hub).List(t.Context(), client.Filter{UpdatedTo: noon})
	require.NoError(t, err)
	require.Len(t, page.Instances, 1, "by a clock that was a second ahead")
}
