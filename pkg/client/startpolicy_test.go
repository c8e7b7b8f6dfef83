package client_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestStartOptionsReachMessageAndClaim(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet")
	at := noon.In(time.FixedZone("away", 3600))
	tags := map[string]string{"team": "red"}
	id, err := client.New(hub).Start(t.Context(), "Greet", nil,
		client.WithTags(tags), client.WithTags(map[string]string{"tier": "1"}),
		client.WithStartAt(at), client.WithOrchestratorVersion("2"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "red"}, tags, "the caller's map stays as it is")

	m, claim, want := hub.messages()[0], hub.values[id], history.Tags{"team": "red", "tier": "1"}
	require.Equal(t, want, m.Tags)
	require.Equal(t, noon, m.StartAt)
	require.Equal(t, "2", m.Version)
	require.Equal(t, want, claim.Tags)
	require.Equal(t, "2", claim.Version)
	require.Equal(t, history.Pending, claim.Status)
}

func TestStartAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub("Greet")
		c := client.New(hub)
		for _, d := range []time.Duration{time.Hour, 0, -time.Hour} {
			_, err := c.Start(t.Context(), "Greet", nil, client.WithStartAt(noon), client.WithStartAfter(d))
			require.NoError(t, err)
		}
		require.Equal(t, time.Now().Add(time.Hour).UTC(), hub.messages()[0].StartAt)
		require.Zero(t, hub.messages()[1].StartAt, "at once")
		require.Zero(t, hub.messages()[2].StartAt, "at once")
	})
}

func TestStartRefusesOptions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		option client.StartOption
		want   error
	}{
		"tag without a key": {client.WithTags(map[string]string{"": "v"}), client.ErrInvalidName},
		"tag with =":        {client.WithTags(map[string]string{"a=b": "v"}), client.ErrInvalidName},
		"long tag":          {client.WithTags(map[string]string{"a": strings.Repeat("x", 257)}), client.ErrInvalidName},
		"version":           {client.WithOrchestratorVersion("1\n"), client.ErrInvalidName},
		"policy":            {client.WithIDReuse(7), client.ErrInvalidOption},
	} {
		hub := newFakeHub("Greet")
		_, err := client.New(hub).Start(t.Context(), "Greet", nil, tt.option)
		require.ErrorIs(t, err, tt.want, name)
		require.Empty(t, hub.messages(), name)
	}
}

// Events that wait for an instance must not get lost when the instance is claimed.
func TestStartTakesOverWhatIsKept(t *testing.T) {
	t.Parallel()
	kept := []record.Event{record.Raised("E", "", nil).KeepUntil(noon)}
	for _, status := range []client.Status{history.Expected, client.Completed} {
		for _, policy := range []client.IDReuse{client.RefuseLive, client.TerminateLive} {
			hub := newFakeHub("Greet")
			hub.set("a", &record.InstanceRecord{Status: status, Kept: kept, Watermark: 9})
			_, err := client.New(hub).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"), client.WithIDReuse(policy))
			require.NoError(t, err)
			require.Equal(t, kept, hub.values["a"].Kept)
			require.EqualValues(t, 9, hub.values["a"].Watermark)
			require.Equal(t, client.Pending, hub.values["a"].Status)
		}
	}
}

func TestNeverReuse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		old  *record.InstanceRecord
		want error
	}{
		"live":     {&record.InstanceRecord{Status: history.Running}, client.ErrInstanceExists},
		"ended":    {&record.InstanceRecord{Status: history.Terminated}, client.ErrInstanceExists},
		"purged":   {nil, nil},
		"expected": {&record.InstanceRecord{Status: history.Expected}, nil},
	} {
		hub := newFakeHub("Greet")
		hub.set("a", tt.old)
		_, err := client.New(hub).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"), client.WithIDReuse(client.NeverReuse))
		require.ErrorIs(t, err, tt.want, name)
	}
}

// The engine may have taken the start in, and ended the instance, before the claim.
func TestNeverReuseWhenTheEngineIsFaster(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	h.beforeClaim = func(m hub.Message) {
		h.set(m.Instance, &record.InstanceRecord{Status: history.Completed, Execution: m.Execution})
	}
	_, err := client.New(h).Start(t.Context(), "Greet", nil, client.WithInstanceID("a"), client.WithIDReuse(client.NeverReuse))
	require.NoError(t, err)
}

func TestTerminateLiveReturnsWhenTheNewInstanceIsThere(t *testing.T) {
	t.Parallel()
	replace := func(h *fakeHub, m hub.Message) {
		h.set("a", &record.InstanceRecord{Status: history.Running, Execution: m.Execution + "-1"})
	}
	for name, engine := range map[string]func(h *fakeHub, m hub.Message){
		"running": replace,
		"after the old one was purged": func(h *fakeHub, m hub.Message) {
			h.set("a", nil)
			replace(h, m)
		},
		"replaced by another": func(h *fakeHub, _ hub.Message) {
			h.set("a", &record.InstanceRecord{Status: history.Running, Execution: "another", Watermark: 3})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newFakeHub("Greet")
				h.set("a", &record.InstanceRecord{Status: history.Running, Execution: "old", Watermark: 1})
				result := make(chan error, 1)
				go func() {
					_, err := client.New(h).Start(t.Context(), "Greet", 1, client.WithInstanceID("a"), client.WithIDReuse(client.TerminateLive))
					result <- err
				}()
				synctest.Wait()
				require.Empty(t, result)
				require.Equal(t, "old", h.values["a"].Execution, "there is no claim")
				sent := h.messages()[len(h.messages())-1]
				require.Equal(t, hub.AnyAtAll, sent.Replaces)

				h.set("a", &record.InstanceRecord{Status: history.Running, Execution: "old", Watermark: 1})
				synctest.Wait()
				require.Empty(t, result)
				for range 2 - len(h.messages()) {
					_, _ = h.Post(t.Context(), hub.Message{})
				}
				engine(h, sent)
				require.NoError(t, <-result)
			})
		})
	}
}

func TestTerminateLiveEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub("Greet")
		hub.set("a", &record.InstanceRecord{Status: history.Running, Watermark: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := client.New(hub).Start(ctx, "Greet", 1, client.WithInstanceID("a"), client.WithIDReuse(client.TerminateLive))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestParseIDReuse(t *testing.T) {
	t.Parallel()
	for _, policy := range []client.IDReuse{client.RefuseLive, client.NeverReuse, client.TerminateLive} {
		got, err := client.ParseIDReuse(policy.String())
		require.NoError(t, err)
		require.Equal(t, policy, got)
	}
	_, err := client.ParseIDReuse("always")
	require.ErrorContains(t, err, "refuse, never, terminate")
}

func TestStartWithEventClaims(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]*record.InstanceRecord{
		"nobody":   nil,
		"ended":    {Status: history.Completed, Watermark: 4},
		"expected": {Status: history.Expected, Watermark: 4, Kept: []record.Event{{Name: "Early"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFakeHub("Greet")
			if old != nil {
				h.set("a", old)
			}
			id, err := client.New(h).StartWithEvent(t.Context(), "Greet", 1, "Name", "Ada",
				client.WithInstanceID("a"), client.WithStartEventID("k"), client.WithTags(map[string]string{"t": "1"}))
			require.NoError(t, err)
			require.Equal(t, "a", id)
			require.Len(t, h.messages(), 1, "there is one message")
			m := h.messages()[0]
			require.Equal(t, &hub.Raised{Name: "Name", ID: "k", Data: []byte(`"Ada"`)}, m.With)
			require.Equal(t, []byte("1"), m.Data)
			claim := h.values["a"]
			require.Equal(t, m.Execution, claim.Execution)
			require.Equal(t, history.Tags{"t": "1"}, claim.Tags)
			if old != nil {
				require.Equal(t, old.Kept, claim.Kept)
				require.Equal(t, old.Watermark, claim.Watermark)
			}
		})
	}
}

func TestStartWithEventOnLiveInstance(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	live := &record.InstanceRecord{Status: history.Suspended, Execution: "e"}
	h.set("a", live)
	_, err := client.New(h).StartWithEvent(t.Context(), "Greet", nil, "Name", nil, client.WithInstanceID("a"))
	require.NoError(t, err)
	require.Equal(t, live, h.values["a"])
	m := h.messages()[0]
	require.Equal(t, hub.AnyEnded, m.Replaces, "should it end meanwhile, it is started again")
	require.Equal(t, &hub.Raised{Name: "Name"}, m.With)
}

// A start that loses the race for the claim has sent everything that is needed.
func TestStartWithEventSendsOneMessageWhenItLoses(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	h.beforeClaim = func(hub.Message) { h.set("a", &record.InstanceRecord{Status: history.Running, Execution: "other"}) }
	_, err := client.New(h).StartWithEvent(t.Context(), "Greet", nil, "Name", nil, client.WithInstanceID("a"))
	require.NoError(t, err)
	require.Len(t, h.messages(), 1)
}

func TestStartWithEventRefuses(t *testing.T) {
	t.Parallel()
	c := client.New(newFakeHub("Greet"))
	_, err := c.StartWithEvent(t.Context(), "Greet", nil, "", nil)
	require.ErrorIs(t, err, client.ErrInvalidName)
	_, err = c.StartWithEvent(t.Context(), "Greet", nil, "E", func() {})
	require.ErrorIs(t, err, client.ErrInvalidPayload)
	_, err = c.StartWithEvent(t.Context(), "Greet", nil, "E", nil, client.WithStartEventID("\n"))
	require.ErrorIs(t, err, client.ErrInvalidName)
	_, err = c.StartWithEvent(t.Context(), "Greet", strings.Repeat("x", 40), "E", strings.Repeat("x", 40))
	require.ErrorIs(t, err, client.ErrPayloadTooLarge)
	_, err = c.StartWithEvent(t.Context(), "Nobody", nil, "E", nil)
	require.ErrorIs(t, err, client.ErrUnknownOrchestrator)
	_, err = c.StartWithEvent(t.Context(), "Greet", nil, "E", nil, client.WithIDReuse(client.TerminateLive))
	require.ErrorIs(t, err, client.ErrInvalidOption)
}

// A start or an event that lies too far ahead is refused, and nothing is sent.
func TestTooFarAhead(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	const day = 24 * time.Hour
	for _, far := range []client.StartOption{client.WithStartAfter(3654 * day), client.WithStartAt(time.Now().Add(3654 * day))} {
		_, err := e.client.Start(e.ctx, "Collect", 1, client.WithInstanceID("far"), far)
		require.ErrorIs(t, err, client.ErrTooFarAhead)
		require.ErrorContains(t, err, "it may be delayed by 3653 days")
		_, err = e.client.StartWithEvent(e.ctx, "Collect", 1, "Item", 1, client.WithInstanceID("far"), far)
		require.ErrorIs(t, err, client.ErrTooFarAhead)
	}
	_, err := e.client.Get(e.ctx, "far")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
	_, err = e.client.Start(e.ctx, "Collect", 1, client.WithStartAfter(3653*day))
	require.NoError(t, err)

	err = e.client.Raise(e.ctx, "new", "Item", 1, client.WithKeepFor(367*day))
	require.ErrorIs(t, err, client.ErrTooFarAhead)
	require.ErrorContains(t, err, "it may be kept for 366 days")
	require.NoError(t, e.client.Raise(e.ctx, "new", "Item", 1, client.WithKeepFor(366*day)))
}
