package client_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestStartStoresMessageAndClaim(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	c := client.New(h)

	id, err := c.Start(t.Context(), "Greet", map[string]int{"n": 1}, client.WithInstanceID("a b"))
	require.NoError(t, err)
	require.Equal(t, "a b", id)

	require.Len(t, h.messages(), 1)
	m := h.messages()[0]
	require.Equal(t, hub.VerbStart, m.Verb)
	require.Equal(t, "Greet", m.Arg)
	require.JSONEq(t, `{"n":1}`, string(m.Data))
	require.Zero(t, m.Replaces)
	require.Regexp(t, `^[A-Za-z0-9]{20,}$`, m.Execution)

	v := h.values[id]
	require.Equal(t, history.Pending, v.Status)
	require.Equal(t, m.Execution, v.Execution)
	require.Equal(t, m.Data, v.Input)
	require.False(t, v.Created.IsZero())
	require.Equal(t, v.Created, v.Updated)
}

func TestStartMakesAnID(t *testing.T) {
	t.Parallel()
	c := client.New(newFakeHub("Greet"))
	one, err := c.Start(t.Context(), "Greet", nil)
	require.NoError(t, err)
	two, err := c.Start(t.Context(), "Greet", nil)
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	require.NoError(t, ident.CheckInstance(one))
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name, id string
		input    any
		want     error
		says     string
	}{
		"unknown orchestrator": {"Gret", "a", nil, client.ErrUnknownOrchestrator, "Greet, Part"},
		"name with control":    {"Gr\x01", "a", nil, client.ErrInvalidName, "orchestrator name"},
		"illegal id":           {"Greet", "a/b", nil, client.ErrInvalidName, "instance id"},
		"id begins with @":     {"Greet", "@a", nil, client.ErrInvalidName, "must not begin"},
		"raw not JSON":         {"Greet", "a", json.RawMessage("{amount"), client.ErrInvalidPayload, "invalid character 'a'"},
		"cannot be marshalled": {"Greet", "a", func() {}, client.ErrInvalidPayload, "unsupported type"},
		"too large":            {"Greet", "a", strings.Repeat("x", 100), client.ErrPayloadTooLarge, "102 bytes, this hub takes up to 64"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := newFakeHub("Greet", "Part")
			_, err := client.New(hub).Start(t.Context(), tt.name, tt.input, client.WithInstanceID(tt.id))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), "\n")
			require.Empty(t, hub.messages())
		})
	}
}

func TestStartOnHubWithoutOrchestrators(t *testing.T) {
	t.Parallel()
	_, err := client.New(newFakeHub()).Start(t.Context(), "Greet", nil)
	require.ErrorIs(t, err, client.ErrUnknownOrchestrator)
	require.ErrorContains(t, err, "start one first")
}

func TestStartAsksForKnownNamesOnce(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet")
	c := client.New(hub)
	for range 3 {
		_, err := c.Start(t.Context(), "Greet", nil)
		require.NoError(t, err)
	}
	require.Equal(t, 1, hub.asked)
}

func TestStartOfLiveID(t *testing.T) {
	t.Parallel()
	for _, status := range []client.Status{client.Pending, client.Running, client.Suspended} {
		hub := newFakeHub("Greet")
		hub.set("a", &record.InstanceRecord{Status: status, Execution: "other"})
		_, err := client.New(hub).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"))
		require.ErrorIs(t, err, client.ErrInstanceExists)
		require.ErrorContains(t, err, status.String())
	}
}

func TestStartReplacesEndedOrPurged(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]*record.InstanceRecord{
		"ended":  {Status: history.Failed, Execution: "old"},
		"purged": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := newFakeHub("Greet")
			hub.set("a", old)
			_, err := client.New(hub).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"))
			require.NoError(t, err)

			sent := hub.messages()
			require.Len(t, sent, 2)
			require.Equal(t, uint64(1), sent[1].Replaces)
			require.NotEqual(t, sent[0].Execution, sent[1].Execution)
			require.Equal(t, sent[1].Execution, hub.values["a"].Execution)
		})
	}
}

func TestStartWhenTheEngineIsFaster(t *testing.T) {
	t.Parallel()
	for _, generation := range []string{"", "-3"} {
		h := newFakeHub("Greet")
		h.beforeClaim = func(m hub.Message) {
			h.set(m.Instance, &record.InstanceRecord{Status: history.Running, Execution: m.Execution + generation})
		}
		_, err := client.New(h).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"))
		require.NoError(t, err)
		require.Len(t, h.messages(), 1)
	}
}

func TestStartGivesUp(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	h.beforeClaim = func(m hub.Message) {
		h.set(m.Instance, &record.InstanceRecord{Status: history.Completed, Execution: "instead of " + m.Execution})
	}
	_, err := client.New(h).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"))
	require.ErrorIs(t, err, client.ErrInstanceExists)
}

func TestStartHasOneWinner(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet")
	hub.set("a", &record.InstanceRecord{Status: history.Completed})
	var group sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = client.New(hub).Start(t.Context(), "Greet", i, client.WithInstanceID("a"))
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, client.ErrInstanceExists)
	}
	require.Equal(t, 1, won)
}

// The claim that replaces an ended instance keeps its last decisions if no worker has carried
// them out yet.
func TestStartKeepsWhatItsPredecessorDecidedLast(t *testing.T) {
	t.Parallel()
	for _, unsettled := range []int{0, 1} {
		hub := newFakeHub("Greet")
		events := []record.Event{{Kind: history.ExecutionStarted}, {Kind: history.TaskScheduled, Task: 1, Name: "Mail"}, {Kind: history.ExecutionCompleted}}
		hub.set("a", &record.InstanceRecord{
			Status: history.Completed, Execution: "e1", Watermark: 7, Log: record.NewLog(events...), Turn: 3,
		})
		hub.unsettled = unsettled
		_, err := client.New(hub).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"))
		require.NoError(t, err)
		claim := hub.values["a"]
		require.EqualValues(t, 7, claim.Watermark)
		if unsettled == 0 {
			require.Empty(t, claim.Closed)
			continue
		}
		require.Equal(t, []record.Closed{{Execution: "e1", Events: events[1:2]}}, claim.Closed)
	}
}
