package client_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestRaise(t *testing.T) {
	t.Parallel()
	h := newFakeHub()
	h.set("a", &record.InstanceRecord{Status: history.Running})
	c := client.New(h)

	require.NoError(t, c.Raise(t.Context(), "a", "Approval", true, client.WithEventID("k1")))
	require.NoError(t, c.Raise(t.Context(), "a", "Raw", json.RawMessage(`{"b": 1}`)))
	require.NoError(t, c.Raise(t.Context(), "a", "None", nil))

	require.Equal(t, []hub.Message{
		{Instance: "a", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true"), ID: "k1"},
		{Instance: "a", Verb: hub.VerbRaise, Arg: "Raw", Data: []byte(`{"b": 1}`)},
		{Instance: "a", Verb: hub.VerbRaise, Arg: "None"},
	}, h.messages())
}

func TestRaiseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id, event string
		payload   any
		want      error
	}{
		"S8 no such instance": {"nobody", "E", nil, client.ErrInstanceNotFound},
		"purged":              {"purged", "E", nil, client.ErrInstanceNotFound},
		"completed":           {"completed", "E", nil, client.ErrInstanceEnded},
		"terminated":          {"terminated", "E", nil, client.ErrInstanceEnded},
		"illegal id":          {"a\\b", "E", nil, client.ErrInvalidName},
		"empty event":         {"live", "", nil, client.ErrInvalidName},
		"not JSON":            {"live", "E", json.RawMessage("yes"), client.ErrInvalidPayload},
		"two JSON values":     {"live", "E", json.RawMessage("1 2"), client.ErrInvalidPayload},
		"too large":           {"live", "E", strings.Repeat("x", 63), client.ErrPayloadTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := newFakeHub()
			hub.set("live", &record.InstanceRecord{Status: history.Running})
			hub.set("completed", &record.InstanceRecord{Status: history.Completed})
			hub.set("terminated", &record.InstanceRecord{Status: history.Terminated})
			hub.set("purged", nil)
			err := client.New(hub).Raise(t.Context(), tt.id, tt.event, tt.payload)
			require.ErrorIs(t, err, tt.want)
			require.Empty(t, hub.messages(), "nothing is sent")
		})
	}
}

func TestRaiseChecksEventIDs(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.set("live", &record.InstanceRecord{Status: history.Running})
	c := client.New(hub)
	longest := strings.Repeat("é", ident.MaxEventID/2)
	require.NoError(t, c.Raise(t.Context(), "live", "E", nil, client.WithEventID(longest)))
	for _, id := range []string{longest + "x", "a\nb", " k", "\xff"} {
		require.ErrorIs(t, c.Raise(t.Context(), "live", "E", nil, client.WithEventID(id)), client.ErrInvalidName, "%q", id)
	}
	require.Len(t, hub.messages(), 1)
}

func TestRaiseDoesNotTrustStaleValues(t *testing.T) {
	t.Parallel()
	for name, stale := range map[string]*record.InstanceRecord{
		"not there yet":  nil,
		"the former run": {Status: history.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub := newFakeHub()
			hub.set("a", &record.InstanceRecord{Status: history.Running})
			hub.stale["a"] = stale
			require.NoError(t, client.New(hub).Raise(t.Context(), "a", "E", nil))
			require.Len(t, hub.messages(), 1)
		})
	}
}

func TestRaiseWithReceipt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		last *record.InstanceRecord
		want error
	}{
		"taken in":       {&record.InstanceRecord{Status: history.Running, Watermark: 1}, nil},
		"ended by it":    {&record.InstanceRecord{Status: history.Completed, Watermark: 1}, nil},
		"ended before":   {&record.InstanceRecord{Status: history.Terminated}, client.ErrInstanceEnded},
		"purged instead": {nil, client.ErrInstanceNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hub := newFakeHub()
				hub.set("a", &record.InstanceRecord{Status: history.Running})
				result := make(chan error, 1)
				go func() {
					_, err := client.New(hub).RaiseWithReceipt(t.Context(), "a", "E", 1)
					result <- err
				}()

				synctest.Wait()
				hub.set("a", &record.InstanceRecord{Status: history.Suspended})
				synctest.Wait()
				require.Empty(t, result)

				hub.set("a", tt.last)
				require.ErrorIs(t, <-result, tt.want)
			})
		})
	}
}

func TestRaiseWithReceiptEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("a", &record.InstanceRecord{Status: history.Running})
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() {
			_, err := client.New(hub).RaiseWithReceipt(ctx, "a", "E", 1)
			result <- err
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-result, context.Canceled)
	})
}

// A login that may not read instances raises events all the same.
func TestRaiseWithoutLooking(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	c := client.New(hub)
	require.NoError(t, c.Raise(t.Context(), "nobody", "E", 1, client.WithoutLooking()))
	_, err := c.RaiseWithReceipt(t.Context(), "nobody", "E", 1, client.WithoutLooking())
	require.ErrorIs(t, err, client.ErrInvalidOption)
	require.Len(t, hub.messages(), 1)
}
