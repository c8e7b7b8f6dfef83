package client_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

type receipt struct {
	outcome client.Outcome
	err     error
}

// awaitReceipt raises an event on instance "a" and returns what will be said of it.
func awaitReceipt(ctx context.Context, hub *fakeHub, opts ...client.RaiseOption) <-chan receipt {
	result := make(chan receipt, 1)
	go func() {
		outcome, err := client.New(hub).RaiseWithReceipt(ctx, "a", "E", 1, opts...)
		result <- receipt{outcome, err}
	}()
	synctest.Wait()
	return result
}

func TestReceiptIsWhatTheWorkerSays(t *testing.T) {
	t.Parallel()
	running := &record.InstanceRecord{Status: history.Running, Watermark: 1}
	for name, tt := range map[string]struct {
		outcome client.Outcome
		last    *record.InstanceRecord
		want    error
	}{
		"delivered":               {client.Delivered, running, nil},
		"delivered, and the end":  {client.Delivered, &record.InstanceRecord{Status: history.Completed, Watermark: 1}, nil},
		"buffered":                {client.Buffered, running, nil},
		"duplicate":               {client.Duplicate, running, nil},
		"discarded: ended":        {client.Discarded, &record.InstanceRecord{Status: history.Terminated}, client.ErrInstanceEnded},
		"discarded: purged":       {client.Discarded, nil, client.ErrInstanceNotFound},
		"discarded: another run":  {client.Discarded, &record.InstanceRecord{Status: history.Pending}, client.ErrInstanceEnded},
		"discarded: only planned": {client.Discarded, &record.InstanceRecord{Status: history.Expected}, client.ErrInstanceNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hub := newFakeHub()
				hub.outcomes = make(chan history.Outcome, 1)
				hub.set("a", &record.InstanceRecord{Status: history.Running})
				result := awaitReceipt(t.Context(), hub)
				require.Empty(t, result)

				// The value is stored a moment before the answer is sent.
				hub.set("a", tt.last)
				time.Sleep(time.Millisecond)
				require.Empty(t, result)
				hub.outcomes <- tt.outcome
				got := <-result
				require.Equal(t, tt.outcome, got.outcome)
				require.ErrorIs(t, got.err, tt.want)
			})
		})
	}
}

// An answer may never come: then the value tells.
func TestReceiptFallsBackToTheValue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		last *record.InstanceRecord
		want error
	}{
		"taken in": {&record.InstanceRecord{Status: history.Running, Watermark: 1}, nil},
		"ended":    {&record.InstanceRecord{Status: history.Terminated}, client.ErrInstanceEnded},
		"purged":   {nil, client.ErrInstanceNotFound},
	} {
		for _, silence := range []string{"no answers", "no answer", "closed"} {
			t.Run(name+", "+silence, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					hub := newFakeHub()
					if silence != "no answers" {
						hub.outcomes = make(chan history.Outcome, 1)
					}
					hub.set("a", &record.InstanceRecord{Status: history.Running})
					result := awaitReceipt(t.Context(), hub)
					if silence == "closed" {
						close(hub.outcomes)
					}
					hub.set("a", tt.last)
					got := <-result
					require.Empty(t, got.outcome)
					require.ErrorIs(t, got.err, tt.want)
				})
			})
		}
	}
}

func TestReceiptEndsWithContext(t *testing.T) {
	t.Parallel()
	for _, watermark := range []uint64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			hub := newFakeHub()
			hub.outcomes = make(chan history.Outcome)
			hub.set("a", &record.InstanceRecord{Status: history.Running})
			ctx, cancel := context.WithCancel(t.Context())
			result := awaitReceipt(ctx, hub)
			hub.set("a", &record.InstanceRecord{Status: history.Running, Watermark: watermark})
			synctest.Wait()
			cancel()
			got := <-result
			if watermark == 1 {
				require.NoError(t, got.err, "it was taken in")
				return
			}
			require.ErrorIs(t, got.err, context.Canceled)
		})
	}
}

func TestRaiseKeepsForAnInstanceToCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.set("done", &record.InstanceRecord{Status: history.Completed})
		c := client.New(hub)
		for _, id := range []string{"nobody", "done"} {
			require.NoError(t, c.Raise(t.Context(), id, "E", 1, client.WithKeepFor(time.Hour)))
			require.Error(t, c.Raise(t.Context(), id, "E", 1, client.WithKeepFor(0)))
		}
		require.ErrorIs(t, c.Raise(t.Context(), "#", "E", 1, client.WithKeepFor(time.Hour)), client.ErrInvalidName)
		require.Len(t, hub.messages(), 2)
		require.Equal(t, time.Now().Add(time.Hour).UTC(), hub.messages()[0].KeepUntil)
	})
}

func TestReceiptOfAnEventThatIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		hub.outcomes = make(chan history.Outcome, 1)
		keep := client.WithKeepFor(time.Hour)
		result := awaitReceipt(t.Context(), hub, keep)
		time.Sleep(time.Minute)
		require.Empty(t, result, "that there is no instance says nothing")
		hub.set("a", &record.InstanceRecord{Status: history.Expected, Watermark: 1})
		hub.outcomes <- client.Kept
		require.Equal(t, receipt{client.Kept, nil}, <-result)

		hub.set("a", nil)
		result = awaitReceipt(t.Context(), hub, keep)
		hub.outcomes <- client.Discarded
		got := <-result
		require.Equal(t, client.Discarded, got.outcome)
		require.ErrorIs(t, got.err, client.ErrInstanceNotFound)
		require.ErrorContains(t, got.err, "was not kept")
	})
}

// The event is stored, whatever is wrong with waiting for its outcome.
func TestReceiptWithoutAWatch(t *testing.T) {
	t.Parallel()
	h := newFakeHub()
	h.set("a", &record.InstanceRecord{Status: history.Running})
	h.deaf = hub.ErrOutdated
	_, err := client.New(h).RaiseWithReceipt(t.Context(), "a", "E", 1)
	require.ErrorIs(t, err, client.ErrNotTakenIn)
	require.ErrorIs(t, err, client.ErrOutdated)
	require.Len(t, h.messages(), 1)
}
