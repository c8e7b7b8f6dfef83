package turn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// holding is an instance with that status.
func holding(status history.Status) *setup {
	c, _ := note()
	s := setUp(&fakeExecutor{code: c})
	s.load(&record.InstanceRecord{Name: "O", Execution: "old", Status: status}, nil)
	return s
}

// The instances that may make way for a start: there are starts that want nothing there, and hubs
// that keep what there is.
func TestStartMayReplace(t *testing.T) {
	t.Parallel()
	with := &hub.Raised{Name: "E"}
	for name, tt := range map[string]struct {
		change   func(*hub.Message)
		status   history.Status
		keepsIDs bool
		starts   bool
	}{
		"plain, over nothing but events":       {func(m *hub.Message) { m.Replaces = hub.NoInstance }, history.Expected, true, true},
		"plain, over an ended one":             {func(m *hub.Message) { m.Replaces = hub.NoInstance }, history.Completed, false, false},
		"plain with an event, over an ended":   {func(m *hub.Message) { m.Replaces, m.With = hub.NoInstance, with }, history.Failed, false, false},
		"any ended, over an ended one":         {nil, history.Completed, false, true},
		"claim, over an ended one":             {func(m *hub.Message) { m.Replaces = 7 }, history.Completed, false, true},
		"claim of another, over an ended one":  {func(m *hub.Message) { m.Replaces = 6 }, history.Completed, false, false},
		"any ended, where ids are kept":        {nil, history.Completed, true, false},
		"with an event, where ids are kept":    {func(m *hub.Message) { m.With = with }, history.Completed, true, false},
		"claim, where ids are kept":            {func(m *hub.Message) { m.Replaces = 7 }, history.Completed, true, false},
		"any at all, where ids are kept":       {func(m *hub.Message) { m.Replaces = hub.AnyAtAll }, history.Terminated, true, false},
		"claim over nothing but events, kept":  {func(m *hub.Message) { m.Replaces = 7 }, history.Expected, true, true},
		"live, where ids are kept":             {func(m *hub.Message) { m.Replaces = hub.AnyAtAll }, history.Running, true, false},
		"live":                                 {func(m *hub.Message) { m.Replaces = hub.AnyAtAll }, history.Running, false, true},
		"its own claim, where ids are kept":    {func(m *hub.Message) { m.Execution = "old" }, history.Pending, true, true},
		"its own claim, over what has ended":   {func(m *hub.Message) { m.Execution = "old" }, history.Completed, false, false},
		"plain over a live one, with no event": {func(m *hub.Message) { m.Replaces = hub.NoInstance }, history.Running, false, false},
	} {
		s := holding(tt.status)
		s.limits.KeepsIDs = tt.keepsIDs
		start := startOf(8, "new", tt.change)
		start.Receipt = "r"
		s.advance([]hub.Delivery{start})
		require.Equal(t, tt.starts, s.out.Changed, name)
		require.Equal(t, tt.starts, s.Record.Execution == start.Execution && s.history.started, name)
		if start.With != nil {
			require.Equal(t, []Reply{{"r", history.Discarded}}, s.replies, name)
		}
	}
}
